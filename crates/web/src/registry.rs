//! The table of routes: what the server mounts, the document describes and the tests walk through.

use actix_web::web::{self, ServiceConfig};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use service::{Permission, ProblemCode};

use crate::endpoint::{Endpoint, Method, Permit};
use crate::serve::serve;

/// One route as the document describes it.
#[derive(Clone, Debug)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path with `{names}`.
    pub path: &'static str,
    /// Id of the operation.
    pub id: &'static str,
    /// One line about it.
    pub summary: &'static str,
    /// Status of success.
    pub status: u16,
    /// What the caller must be allowed; none = to be logged in.
    pub permission: Option<Permission>,
    /// `If-Match` is needed.
    pub needs_version: bool,
    /// Problems of its own.
    pub problems: &'static [ProblemCode],
    /// Schema of the names in the path.
    pub path_schema: Value,
    /// Schema of the names behind the question mark.
    pub query_schema: Value,
    /// Schema of the body; none = no body.
    pub body_schema: Option<Value>,
    /// Schema of the answer.
    pub answer_schema: Value,
    mount: fn(&mut ServiceConfig),
}

/// All routes with the schemas they name.
pub struct Registry {
    routes: Vec<Route>,
    generator: SchemaGenerator,
}

impl Default for Registry {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self { routes: Vec::new(), generator: settings.into_generator() }
    }
}

impl Registry {
    /// Adds a route.
    pub fn add<E: Endpoint>(&mut self) {
        let has_body = std::any::TypeId::of::<E::Body>() != std::any::TypeId::of::<()>();
        let route = Route {
            method: E::METHOD,
            path: E::PATH,
            id: E::ID,
            summary: E::SUMMARY,
            status: E::STATUS.as_u16(),
            permission: E::Permission::PERMISSION,
            needs_version: E::NEEDS_VERSION,
            problems: E::PROBLEMS,
            path_schema: self.schema::<E::Path>(),
            query_schema: self.schema::<E::Query>(),
            body_schema: has_body.then(|| self.schema::<E::Body>()),
            answer_schema: self.schema::<E::Answer>(),
            mount: mount::<E>,
        };
        self.routes.push(route);
    }

    /// The routes, in the order they were added.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The schema of a type that is no route's.
    pub fn schema<T: schemars::JsonSchema>(&mut self) -> Value {
        self.generator.subschema_for::<T>().to_value()
    }

    /// The named schemas.
    pub fn definitions(&self) -> &Map<String, Value> {
        self.generator.definitions()
    }

    /// Mounts the routes.
    pub fn mount(&self, config: &mut ServiceConfig) {
        for route in &self.routes {
            (route.mount)(config);
        }
    }
}

fn mount<E: Endpoint>(config: &mut ServiceConfig) {
    let method = match E::METHOD {
        Method::Get => web::get(),
        Method::Post => web::post(),
        Method::Put => web::put(),
        Method::Patch => web::patch(),
        Method::Delete => web::delete(),
    };
    config.route(E::PATH, method.to(serve::<E>));
}
