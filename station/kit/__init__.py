"""For authors of sequences: plays a plan in this process, on any bench file, or on a recording of one."""
