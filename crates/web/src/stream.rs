//! Events as they happen (Server-Sent Events).
//!
//! One thread of the process listens to the database and wakes the streams; each stream reads its clinic's events after
//! the last number it sent, so nothing is lost between a notice and a read, and a reader that comes back with
//! `Last-Event-ID` goes on where it was.

use std::collections::VecDeque;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, guard};
use futures_util::stream;
use service::{Caller, Problem, ProblemCode, identity};
use store::{Actor, Channel, Listener, outbox};
use tokio::sync::watch;

use crate::auth::Credentials;
use crate::endpoint::{Permit, may};
use crate::routes::EventView;
use crate::serve::trace_id;
use crate::{State, problem};

/// Events read at once.
const PAGE: i64 = 100;
/// A stream without events sends a comment after this time, so that a broken connection is noticed; it also reads
/// then, in case a notice was missed.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Pause of the listening thread after a broken connection.
const RECONNECT: Duration = Duration::from_secs(1);

/// Wakes streams when events come.
#[derive(Clone)]
pub struct Bell {
    receiver: watch::Receiver<u64>,
}

impl Bell {
    /// Starts the thread that listens to the database. It ends with the process.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(database_url: String) -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(0);
        std::thread::Builder::new().name("events".to_owned()).spawn(move || {
            loop {
                if let Ok(mut listener) = Listener::connect(&database_url, Channel::Events) {
                    sender.send_modify(|count| *count += 1);
                    while let Ok(is_rung) = listener.wait(HEARTBEAT) {
                        if is_rung {
                            sender.send_modify(|count| *count += 1);
                        }
                    }
                }
                std::thread::sleep(RECONNECT);
            }
        })?;
        Ok(Self { receiver })
    }
}

/// Mounts the stream beside the page of events: it answers who accepts `text/event-stream`.
pub fn mount(config: &mut ServiceConfig) {
    let accepts_stream = guard::fn_guard(|context| {
        let accept = context.head().headers().get(header::ACCEPT);
        accept.and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("text/event-stream"))
    });
    config.route("/v1/events", web::get().guard(accepts_stream).to(open));
}

async fn open(state: Data<State>, request: HttpRequest) -> HttpResponse {
    match begin(&state, &request).await {
        Ok(reader) => HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(("X-Accel-Buffering", "no"))
            .streaming(stream::unfold(reader, |reader| async move {
                let (bytes, reader) = reader.next().await?;
                Some((Ok::<Bytes, actix_web::Error>(bytes), reader))
            })),
        Err(problem) => problem::respond(&problem, &trace_id(&request)),
    }
}

async fn begin(state: &Data<State>, request: &HttpRequest) -> Result<Reader, Problem> {
    let credentials = Credentials::of(request)?;
    let bell = state.bell.clone().ok_or(ProblemCode::Unavailable)?;
    let last = request.headers().get("Last-Event-ID").and_then(|value| value.to_str().ok());
    let last = match last {
        Some(text) => Some(text.parse().map_err(|_| ProblemCode::BadRequest)?),
        None => None,
    };
    let mut reader =
        Reader { state: state.clone(), credentials, bell: bell.receiver, last: 0, waiting: VecDeque::new() };
    // Without a number a stream begins with what comes next.
    reader.last = match last {
        Some(last) => last,
        None => reader.newest().await?,
    };
    reader.read().await?;
    Ok(reader)
}

/// One open stream.
struct Reader {
    state: Data<State>,
    credentials: Credentials,
    bell: watch::Receiver<u64>,
    last: i64,
    waiting: VecDeque<Bytes>,
}

impl Reader {
    /// The next piece; none ends the stream: the session ended or the database is gone. The reader comes back.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if let Some(bytes) = self.waiting.pop_front() {
            return Some((bytes, self));
        }
        let is_rung = tokio::time::timeout(HEARTBEAT, self.bell.changed()).await;
        self.read().await.ok()?;
        match self.waiting.pop_front() {
            Some(bytes) => Some((bytes, self)),
            None if is_rung.is_ok_and(|rung| rung.is_err()) => None,
            None => Some((Bytes::from_static(b": still here\n\n"), self)),
        }
    }

    async fn newest(&self) -> Result<i64, Problem> {
        self.ask(|work| Ok(outbox::newest(work.tx)?)).await
    }

    async fn read(&mut self) -> Result<(), Problem> {
        let last = self.last;
        let events = self.ask(move |work| Ok(outbox::after(work.tx, last, PAGE)?)).await?;
        for event in events {
            self.last = event.seq;
            let view = EventView::from(event);
            let data = serde_json::to_string(&view).map_err(|_| ProblemCode::Internal)?;
            self.waiting.push_back(Bytes::from(format!("id: {}\ndata: {data}\n\n", view.sequence)));
        }
        Ok(())
    }

    /// Asks the database as whoever opened the stream: a session that ended reads no more.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl Fn(&mut service::Work<'_, '_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (state, credentials) = (self.state.clone(), self.credentials.clone());
        let caller = Caller { tenant: credentials.token.tenant, actor: Actor::System("stream"), origin: None };
        let asked = web::block(move || {
            state.service.run(&caller, |work| {
                identity::authenticate(work, &credentials.token, None)?.require(may::EventRead::PERMISSION)?;
                question(work)
            })
        });
        asked.await.map_err(|_| Problem::new(ProblemCode::Unavailable))?
    }
}
