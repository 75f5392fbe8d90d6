"""Wire formats of other services, one file each: their requests and answers over the same pipeline."""
