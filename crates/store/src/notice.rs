//! Notices of PostgreSQL: jobs or events came.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::StoreError;

/// How often a waiting thread looks for a notice.
const NOTICE_POLL: Duration = Duration::from_millis(20);

/// What is listened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// A job was put into the queue.
    Jobs,
    /// An event was written.
    Events,
}

/// A connection that hears when jobs or events come.
pub struct Listener {
    connection: PgConnection,
}

impl Listener {
    /// Listens on a connection of its own.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn connect(url: &str, channel: Channel) -> Result<Self, StoreError> {
        let mut connection = PgConnection::establish(url).map_err(|_| StoreError::Unavailable)?;
        connection.batch_execute(match channel {
            Channel::Jobs => "LISTEN tensu_jobs",
            Channel::Events => "LISTEN tensu_events",
        })?;
        Ok(Self { connection })
    }

    /// Waits for a notice; true when one came, false after the time. A worker looks for jobs either way.
    ///
    /// # Errors
    /// `Unavailable` when the connection broke: connect again.
    pub fn wait(&mut self, time: Duration) -> Result<bool, StoreError> {
        let end = Instant::now() + time;
        loop {
            let mut is_noticed = false;
            for notice in self.connection.notifications_iter() {
                notice?;
                is_noticed = true;
            }
            if is_noticed || Instant::now() >= end {
                return Ok(is_noticed);
            }
            std::thread::sleep(NOTICE_POLL);
        }
    }
}
