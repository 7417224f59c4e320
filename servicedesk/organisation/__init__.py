"""Parks and units (园区、承办单位)."""
