"""Long work in a process of its own: specification, events, supervisor, worker and one module a job."""
