#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod auth;
mod body;
mod catalogue;
mod endpoint;
mod limit;
mod openapi;
mod problem;
mod registry;
pub mod routes;
mod serve;
mod server;
mod state;
mod stream;

pub use auth::{Credentials, SESSION_COOKIE};
pub use endpoint::{Call, Endpoint, Method, Permit, Reply, may};
pub use limit::RateLimit;
pub use openapi::document;
pub use registry::{Registry, Route};
pub use server::{Options, record_metrics, run, server, tls};
pub use state::State;
pub use stream::Bell;
