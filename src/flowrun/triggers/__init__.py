"""What starts a flow, one file a type: declarations of their properties."""
