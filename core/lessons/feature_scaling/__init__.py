"""Raw columns, scaled or not."""
