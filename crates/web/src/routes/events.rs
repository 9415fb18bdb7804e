//! Events as pages, for EMRs and screens that ask; the live stream is in `crate::stream`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Problem, Work};
use store::outbox;

use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Events of a page unless told otherwise.
const PAGE: i64 = 100;

pub(super) fn add(registry: &mut Registry) {
    registry.add::<ListEvents>();
}

/// Where a reader goes on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventsAfter {
    /// Number of the last event that was read; absent = from the beginning of what is kept.
    #[serde(default)]
    after: Option<i64>,
    /// Events wanted, at most 1,000.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<i64>,
}

/// An event in the envelope of CloudEvents 1.0.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventView {
    /// Always `1.0`.
    specversion: &'static str,
    /// Id.
    id: String,
    /// The clinic's outbox.
    source: &'static str,
    /// What happened.
    r#type: String,
    /// To what, by its id.
    subject: String,
    /// When, UTC.
    time: String,
    /// Number, rising by one.
    pub sequence: i64,
    /// More about it.
    data: Value,
}

impl From<outbox::Event> for EventView {
    fn from(event: outbox::Event) -> Self {
        Self {
            specversion: "1.0",
            id: event.event_id.to_string(),
            source: "/v1/events",
            r#type: event.kind,
            subject: event.subject,
            time: event.recorded_at.to_rfc3339(),
            sequence: event.seq,
            data: event.data,
        }
    }
}

/// A page of events.
#[derive(Debug, Serialize, JsonSchema)]
struct EventPage {
    /// The events, ascending.
    events: Vec<EventView>,
    /// Number of the last one: give it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
}

struct ListEvents;

impl Endpoint for ListEvents {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/events";
    const ID: &'static str = "listEvents";
    const SUMMARY: &'static str = "Events after a number; the same path answers a stream to Accept: text/event-stream";
    type Permission = may::EventRead;
    type Path = ();
    type Query = EventsAfter;
    type Body = ();
    type Answer = EventPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<EventPage>, Problem> {
        let limit = call.query.limit.unwrap_or(PAGE);
        if !(1..=outbox::PAGE_MAX).contains(&limit) {
            return Err(Problem::invalid("?limit", "range", format!("1 から {} までです", outbox::PAGE_MAX)));
        }
        let events = outbox::after(work.tx, call.query.after.unwrap_or(0), limit)?;
        let last = events.last().map(|event| event.seq);
        Ok(Reply::plain(EventPage { events: events.into_iter().map(EventView::from).collect(), last }))
    }
}
