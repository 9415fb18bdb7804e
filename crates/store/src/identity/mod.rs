//! Who may do what: users with roles and credentials, their sessions, machines with their tokens, operators.
//!
//! Secrets come here hashed or enciphered. What they mean, and when a login is refused, is decided in `service`.

pub mod clients;
pub mod credentials;
pub mod invitations;
pub mod operators;
pub mod roles;
pub mod sessions;
pub mod settings;
pub mod users;
