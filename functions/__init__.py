"""Code that runs inside AWS: one folder is one deployable, and none of them imports anything of this project."""
