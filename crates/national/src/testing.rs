//! For tests of whoever asks a module: a peer that fails as told, a clock to turn by hand, a server.

mod clock;
mod faulty_peer;
#[cfg(feature = "server")]
mod test_server;

pub use clock::ManualClock;
pub use faulty_peer::{Behaviour, FaultyPeer};
#[cfg(feature = "server")]
pub use test_server::TestServer;
