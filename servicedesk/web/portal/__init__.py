"""The enterprise's side (企业服务门户)."""
