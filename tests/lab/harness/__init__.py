"""The lab: network namespaces, real daemons, meters, and the command under test."""
