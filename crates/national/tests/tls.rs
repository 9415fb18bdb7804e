//! TLS 1.3 in both directions, with certificates made here.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;

use national::module::server::ServerTls;
use national::module::{ModuleClient, ModuleSettings, Reason};
use national::testing::TestServer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use support::{engine, request, unavailable};

struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, in PEM.
struct Certified {
    chain: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    fn certify(&self, name: &str) -> Certified {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Certified { chain: params.signed_by(&key, &self.0).unwrap().pem(), key: key.serialize_pem() }
    }
}

impl Certified {
    fn server<'a>(&'a self, client_roots_pem: Option<&'a [u8]>) -> ServerTls<'a> {
        ServerTls { chain_pem: self.chain.as_bytes(), key_pem: self.key.as_bytes(), client_roots_pem }
    }

    fn identity(&self) -> Option<Vec<u8>> {
        Some(format!("{}{}", self.chain, self.key).into_bytes())
    }
}

fn settings(server: &TestServer, roots: &Authority) -> ModuleSettings {
    let url = format!("https://{}", server.authority());
    ModuleSettings { roots_pem: Some(roots.pem()), ..ModuleSettings::at(url) }
}

#[test]
fn the_module_must_prove_who_it_is() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let certificate = authority.certify("localhost");
    let server = TestServer::start(engine(), Some(certificate.server(None))).unwrap();
    assert!(ModuleClient::new(settings(&server, &authority)).unwrap().calculate(&request()).is_ok());
    let deceived = ModuleClient::new(settings(&server, &stranger)).unwrap();
    assert_eq!(unavailable(deceived.calculate(&request())), Reason::Tls);

    let other_name = authority.certify("elsewhere.example");
    let server = TestServer::start(engine(), Some(other_name.server(None))).unwrap();
    let deceived = ModuleClient::new(settings(&server, &authority)).unwrap();
    assert_eq!(unavailable(deceived.calculate(&request())), Reason::Tls);
}

#[test]
fn the_caller_must_prove_who_it_is_where_the_module_asks() {
    let (authority, callers, stranger) = (Authority::new(), Authority::new(), Authority::new());
    let (certificate, roots) = (authority.certify("localhost"), callers.pem());
    let server = TestServer::start(engine(), Some(certificate.server(Some(&roots)))).unwrap();
    let with =
        |identity_pem| ModuleClient::new(ModuleSettings { identity_pem, ..settings(&server, &authority) }).unwrap();
    assert!(with(callers.certify("clinic").identity()).calculate(&request()).is_ok());
    for refused in [with(None), with(stranger.certify("clinic").identity())] {
        let reason = unavailable(refused.calculate(&request()));
        assert!(matches!(reason, Reason::Tls | Reason::Cut), "{reason}");
    }
}

#[test]
fn an_older_tls_is_refused() {
    let authority = Authority::new();
    let certificate = authority.certify("localhost");
    let chain = vec![CertificateDer::from_pem_slice(certificate.chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let _ = rustls::Stream::new(&mut connection, &mut stream.unwrap()).read(&mut [0; 16]);
        }
    });
    let client = ModuleClient::new(ModuleSettings { roots_pem: Some(authority.pem()), ..ModuleSettings::at(url) });
    assert_eq!(unavailable(client.unwrap().calculate(&request())), Reason::Tls);
}

#[test]
fn certificates_that_cannot_be_read_stop_the_start() {
    let certificate = Authority::new().certify("localhost");
    let other = Authority::new().certify("localhost");
    let tls = |chain_pem, key_pem, client_roots_pem| ServerTls { chain_pem, key_pem, client_roots_pem };
    let (chain, key) = (certificate.chain.as_bytes(), certificate.key.as_bytes());
    for wrong in [
        tls(b"", key, None),
        tls(chain, b"none", None),
        tls(chain, other.key.as_bytes(), None),
        tls(chain, key, Some(&b"none"[..])),
    ] {
        assert!(TestServer::start(engine(), Some(wrong)).is_err());
    }
}
