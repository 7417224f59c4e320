"""Financing (融资对接): needs, banks' products, offers, credit granted, money paid out."""
