//! A real server for tests.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;

use crate::module::server::{ServerError, ServerTls, SharedModule, serve};

/// A server of calc/1 on a port of this machine; it ends when dropped.
pub struct TestServer {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Starts one.
    ///
    /// # Errors
    /// When there is no port or a certificate cannot be used.
    pub fn start(module: SharedModule, tls: Option<ServerTls<'_>>) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let (sender, receiver) = mpsc::channel();
        let owned =
            tls.map(|tls| (tls.chain_pem.to_vec(), tls.key_pem.to_vec(), tls.client_roots_pem.map(<[u8]>::to_vec)));
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let tls = owned.as_ref().map(|(chain, key, roots)| ServerTls {
                    chain_pem: chain,
                    key_pem: key,
                    client_roots_pem: roots.as_deref(),
                });
                match serve(listener, module, tls, NonZero::<usize>::MIN) {
                    Ok(server) => {
                        let _ = sender.send(Ok(server.handle()));
                        let _ = server.await;
                    }
                    Err(error) => {
                        let _ = sender.send(Err(error));
                    }
                }
            });
        });
        let handle = receiver.recv().map_err(|_| io::Error::other("the server did not start"))??;
        Ok(Self { address, handle, thread: Some(thread) })
    }

    /// `https://localhost:PORT` or, without TLS, `http://localhost:PORT`, without the scheme.
    pub fn authority(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// Tells it to stop after the requests under way; the thread ends when it has.
    pub fn stop_gracefully(mut self) -> JoinHandle<()> {
        // The order is given when the future is made; the server's own thread follows it.
        drop(self.handle.stop(true));
        self.thread.take().unwrap_or_else(|| std::thread::spawn(|| ()))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(self.handle.stop(false));
            let _ = thread.join();
        }
    }
}
