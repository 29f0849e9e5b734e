"""File sets on SD cards and USB sticks: what a navigation upgrade (导航升级) consists of, written and read back."""
