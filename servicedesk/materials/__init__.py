"""What enterprises hand in: documents, deferred materials, letters of authorization."""
