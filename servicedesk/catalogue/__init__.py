"""What can be asked for (事项清单): categories, service items, metrics."""
