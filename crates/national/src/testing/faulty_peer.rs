//! A peer of calc/1 that fails as told, on a real socket.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use calculation::{CalculationModule, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes of a request's head at most.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 64;

/// Changes an answer before it is given.
type Change = Arc<dyn Fn(&mut Response) + Send + Sync>;

/// What the peer does with a request.
#[derive(Clone)]
pub enum Behaviour {
    /// Answers as the contract says.
    Healthy,
    /// Nothing listens on the port. Only as the steady behaviour.
    Refuse,
    /// Takes the request and never says a word.
    Hang,
    /// Answers a byte at a time, with this pause between them.
    Drip(Duration),
    /// Ends the connection without a word.
    Close,
    /// Ends the connection in the middle of the answer's body.
    Cut,
    /// Status 200 with something that is not the contract's form.
    WrongJson,
    /// An answer without an end.
    Endless,
    /// The right answer after this time.
    Late(Duration),
    /// The right answer, changed.
    Different(Change),
    /// A problem of this status.
    Status(u16),
}

impl Behaviour {
    /// The right answer, changed.
    pub fn different(change: impl Fn(&mut Response) + Send + Sync + 'static) -> Self {
        Self::Different(Arc::new(change))
    }
}

struct State {
    module: Arc<dyn CalculationModule + Send + Sync>,
    script: Mutex<(VecDeque<Behaviour>, Behaviour)>,
    requests: AtomicU32,
}

impl State {
    fn script(&self) -> MutexGuard<'_, (VecDeque<Behaviour>, Behaviour)> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Behaviour {
        let mut script = self.script();
        script.0.pop_front().unwrap_or_else(|| script.1.clone())
    }
}

/// Whether the port listens; answered when it is so.
type Order = (bool, mpsc::Sender<()>);

/// A peer on a port of this machine; it ends when dropped.
pub struct FaultyPeer {
    address: SocketAddr,
    state: Arc<State>,
    orders: Option<UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl FaultyPeer {
    /// A healthy peer that answers as `module` does.
    ///
    /// # Errors
    /// When there is no port or thread.
    pub fn start(module: Arc<dyn CalculationModule + Send + Sync>) -> io::Result<Self> {
        let state = Arc::new(State {
            module,
            script: Mutex::new((VecDeque::new(), Behaviour::Healthy)),
            requests: AtomicU32::new(0),
        });
        let (orders, received) = unbounded_channel();
        let (sender, receiver) = mpsc::channel();
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("faulty-peer".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(run(&shared, received, &sender)),
                Err(error) => drop(sender.send(Err(error))),
            }
        })?;
        let address = receiver.recv().map_err(|_| io::Error::other("the peer did not start"))??;
        Ok(Self { address, state, orders: Some(orders), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests that arrived whole.
    pub fn requests(&self) -> u32 {
        self.state.requests.load(Ordering::Acquire)
    }

    /// What it does from now on.
    pub fn set(&self, behaviour: Behaviour) {
        let is_listening = !matches!(behaviour, Behaviour::Refuse);
        {
            let mut script = self.state.script();
            script.0.clear();
            script.1 = behaviour;
        }
        let (done, wait) = mpsc::channel();
        if let Some(orders) = &self.orders
            && orders.send((is_listening, done)).is_ok()
        {
            // Answered when the port is open or closed, so that the next call meets what was asked for.
            let _ = wait.recv();
        }
    }

    /// What it does with the next requests, one each; then it is healthy.
    pub fn script(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.set(Behaviour::Healthy);
        self.state.script().0.extend(behaviours);
    }
}

impl Drop for FaultyPeer {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A socket on the port. Several may be bound; only one that listens gets connections. One that never listens
/// keeps the port ours while nothing does.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn run(state: &Arc<State>, mut orders: UnboundedReceiver<Order>, started: &mpsc::Sender<io::Result<SocketAddr>>) {
    let opened = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).and_then(|reserved| {
        let address = reserved.local_addr()?;
        Ok((reserved, address, bind(address)?.listen(BACKLOG)?))
    });
    let (_reserved, address, listener) = match opened {
        Ok(opened) => opened,
        Err(error) => return drop(started.send(Err(error))),
    };
    let mut listener = Some(listener);
    let _ = started.send(Ok(address));
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => {
                let Some((is_listening, done)) = order else { return };
                if !is_listening {
                    listener = None;
                } else if listener.is_none() {
                    listener = bind(address).and_then(|socket| socket.listen(BACKLOG)).ok();
                }
                let _ = done.send(());
            }
            Some(stream) = accept(listener.as_ref()) => {
                let state = Arc::clone(state);
                // A caller that goes away in the middle is part of the game.
                tokio::spawn(async move { let _ = converse(stream, &state).await; });
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.ok().map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

/// One request on one connection.
async fn converse(mut stream: TcpStream, state: &State) -> io::Result<()> {
    let (head, body) = read_request(&mut stream).await?;
    state.requests.fetch_add(1, Ordering::AcqRel);
    let behaviour = state.next();
    let answer = |change: Option<Change>| answer(state, &head, &body, change);
    match behaviour {
        Behaviour::Healthy => send(&mut stream, &answer(None)).await,
        Behaviour::Refuse | Behaviour::Close => Ok(()),
        Behaviour::Hang => wait_for_the_end(&mut stream).await,
        Behaviour::Drip(pause) => {
            for byte in answer(None) {
                send(&mut stream, &[byte]).await?;
                tokio::time::sleep(pause).await;
            }
            Ok(())
        }
        Behaviour::Cut => {
            let whole = answer(None);
            let body = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_default();
            let half = body + (whole.len() - body) / 2;
            send(&mut stream, whole.get(..half).unwrap_or_default()).await
        }
        Behaviour::WrongJson => send(&mut stream, &http(200, br#"{"visits": "many"}"#)).await,
        Behaviour::Endless => {
            send(&mut stream, b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n")
                .await?;
            loop {
                send(&mut stream, &[b' '; 16 * 1024]).await?;
            }
        }
        Behaviour::Late(time) => {
            tokio::time::sleep(time).await;
            send(&mut stream, &answer(None)).await
        }
        Behaviour::Different(change) => send(&mut stream, &answer(Some(change))).await,
        Behaviour::Status(status) => {
            let body = format!(r#"{{"type":"about:blank","status":{status},"code":"scripted","detail":""}}"#);
            send(&mut stream, &http(status, body.as_bytes())).await
        }
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Says nothing until the caller gives up.
async fn wait_for_the_end(stream: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn read_request(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let count = stream.read(&mut chunk).await?;
        if count == 0 || bytes.len() > HEAD_BYTES_MAX {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
    };
    let body_start = bytes.split_off(head_end);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = body_start;
    while body.len() < length.unwrap_or(0) {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        body.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
    Ok((head, body))
}

/// The right answer, as the bytes of HTTP.
fn answer(state: &State, head: &str, body: &[u8], change: Option<Change>) -> Vec<u8> {
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    if path.ends_with("/health") {
        return http(200, br#"{"status":"ok"}"#);
    }
    if path.ends_with("/capabilities") {
        return http(200, &serde_json::to_vec(&state.module.capabilities()).unwrap_or_default());
    }
    let Ok(request) = serde_json::from_slice::<Request>(body) else {
        return http(400, br#"{"code":"syntax"}"#);
    };
    match state.module.calculate(&request) {
        Ok(mut response) => {
            if let Some(change) = change {
                change(&mut response);
            }
            http(200, &serde_json::to_vec(&response).unwrap_or_default())
        }
        Err(problem) => {
            let (status, code) = (problem.code.status(), problem.code.as_str());
            let errors = [serde_json::json!({ "pointer": problem.pointer, "code": code })];
            let body =
                serde_json::json!({ "status": status, "code": code, "detail": problem.detail, "errors": errors });
            http(status, body.to_string().as_bytes())
        }
    }
}

/// Every connection serves one request, so that the next one meets the behaviour of its time.
fn http(status: u16, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
