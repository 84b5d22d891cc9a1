"""How the generated bindings are loaded fast, without changing what they make."""
