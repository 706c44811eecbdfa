"""The checks hold on the product as it is, and fail where it is broken."""
