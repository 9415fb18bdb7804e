//! What every route may use.

use std::sync::Arc;

use engine::Engine;
use service::Service;

use crate::limit::RateLimit;
use crate::stream::Bell;

/// What every route may use.
#[derive(Clone)]
pub struct State {
    /// The use cases.
    pub service: Service,
    /// The embedded engine with the masters: codes, names, prices.
    pub engine: Arc<Engine>,
    /// Requests a caller may send.
    pub limit: Arc<RateLimit>,
    /// Wakes streams of events; none = no streams.
    pub bell: Option<Bell>,
    /// The server moves its clock for demo clinics when a request says so.
    pub is_demo: bool,
}
