"""Built counts (统计): what the pages show, always equal to a recount from the tickets."""
