"""What others run the server with: compose, Kubernetes, systemd, Prometheus, Grafana, the workflows and the release."""
