"""Tables: measures by dimensions, from cells computed once at the finest grain that they need."""
