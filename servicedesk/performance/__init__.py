"""How units and people are doing (绩效, M15): a transparent formula that everybody can contest."""
