"""How every page is served: who looks, what is asked for, what stands around it, and what is sent."""
