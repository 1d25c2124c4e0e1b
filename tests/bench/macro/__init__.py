"""The bench: sonde and its peers in the lab's namespaces, measured in turn. `./dev bench --help`."""
