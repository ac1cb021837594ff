//! The lab as people use it: over real sockets, from outside.
