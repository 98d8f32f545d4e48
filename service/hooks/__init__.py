"""The CDS Hooks endpoints: strict reading of requests, discovery, feedback."""
