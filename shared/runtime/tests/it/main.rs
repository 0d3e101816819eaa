//! Requests to functions: what they are read as, and how they are answered.

mod hostile;
mod receive;
mod serve;
