"""What a reader takes home: scripts and tables."""
