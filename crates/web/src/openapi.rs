//! The OpenAPI 3.1 document, made of the table of routes.

use serde_json::{Map, Value, json};
use service::{Permission, ProblemCode};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApiBuilder, PathItem, PathsBuilder, Ref,
    Required, ResponseBuilder,
};

use crate::auth::SESSION_COOKIE;
use crate::endpoint::Method;
use crate::problem::ProblemBody;
use crate::registry::{Registry, Route};

/// Problems that every route may answer.
const COMMON: [ProblemCode; 7] = [
    ProblemCode::BadRequest,
    ProblemCode::Unauthenticated,
    ProblemCode::Forbidden,
    ProblemCode::Invalid,
    ProblemCode::TooMany,
    ProblemCode::Internal,
    ProblemCode::Unavailable,
];
/// Problems that every change may answer.
const OF_MUTATIONS: [ProblemCode; 7] = [
    ProblemCode::NotFound,
    ProblemCode::KeyReuse,
    ProblemCode::StateConflict,
    ProblemCode::VersionConflict,
    ProblemCode::TooLarge,
    ProblemCode::MediaType,
    ProblemCode::VersionMissing,
];

/// The document as JSON.
pub fn document(registry: &mut Registry) -> Value {
    registry.schema::<ProblemBody>();
    let mut schemas: Map<String, Value> = registry.definitions().clone();
    let mut paths = PathsBuilder::new();
    for route in registry.routes().to_vec() {
        let operation = operation(&route, &mut schemas);
        paths = paths.path(route.path, PathItem::new(http_method(route.method), operation));
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let cookie = ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE));
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme("session", SecurityScheme::ApiKey(cookie))
        .build();
    let info = InfoBuilder::new()
        .title("Tensu")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Receipt computer (レセコン) for clinics: visits and orders in, points and charges out."))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let document = OpenApiBuilder::new().info(info).paths(paths.build()).components(Some(components)).build();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    // The schemas are JSON Schema already; OpenAPI 3.1 takes them as they are.
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("schemas".to_owned(), Value::Object(schemas));
    }
    document
}

const fn http_method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

fn operation(route: &Route, schemas: &mut Map<String, Value>) -> utoipa::openapi::path::Operation {
    let tag = route.path.split('/').nth(2).unwrap_or_default();
    let mut operation = OperationBuilder::new().operation_id(Some(route.id)).summary(Some(route.summary)).tag(tag);
    let needs = route.permission.map_or("a login", Permission::as_str);
    operation = operation.description(Some(format!("Needs {needs}.")));
    for parameter in parameters(route, schemas) {
        operation = operation.parameter(parameter);
    }
    if let Some(schema) = &route.body_schema {
        let content = ContentBuilder::new().schema(Some(named(route, "Body", schema, schemas))).build();
        let body = RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    let content = ContentBuilder::new().schema(Some(named(route, "Answer", &route.answer_schema, schemas))).build();
    let success = ResponseBuilder::new().description("done").content("application/json", content).build();
    operation = operation.response(route.status.to_string(), success);
    for (status, codes) in problems(route) {
        let content = ContentBuilder::new().schema(Some(Ref::new("#/components/schemas/ProblemBody"))).build();
        let response = ResponseBuilder::new().description(codes).content("application/problem+json", content);
        operation = operation.response(status.to_string(), response.build());
    }
    let requirement = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    operation.security(requirement("bearer")).security(requirement("session")).build()
}

/// Statuses with the codes that come under them.
fn problems(route: &Route) -> std::collections::BTreeMap<u16, String> {
    let of_mutation: &[ProblemCode] = if route.method.is_mutation() { &OF_MUTATIONS } else { &[ProblemCode::NotFound] };
    let mut codes: Vec<ProblemCode> = COMMON.iter().chain(of_mutation).chain(route.problems).copied().collect();
    codes.sort_by_key(|code| code.as_str());
    codes.dedup();
    let mut by_status: std::collections::BTreeMap<u16, String> = std::collections::BTreeMap::new();
    for code in codes {
        let text = by_status.entry(code.status()).or_default();
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(code.as_str());
    }
    by_status
}

/// A reference to the schema; one that has no name gets the route's.
fn named(route: &Route, part: &str, schema: &Value, schemas: &mut Map<String, Value>) -> Ref {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return Ref::new(reference);
    }
    let mut letters = route.id.chars();
    let head: String = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let name = format!("{head}{}{part}", letters.as_str());
    let reference = Ref::new(format!("#/components/schemas/{name}"));
    schemas.insert(name, schema.clone());
    reference
}

fn parameters(route: &Route, schemas: &mut Map<String, Value>) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (place, part, schema) in
        [(ParameterIn::Path, "Path", &route.path_schema), (ParameterIn::Query, "Query", &route.query_schema)]
    {
        let reference = named_or_empty(route, part, schema, schemas);
        let Some((name, object)) = reference else { continue };
        let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = object.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for property in properties.keys() {
            let is_required = place == ParameterIn::Path || required.contains(&Value::from(property.as_str()));
            let pointer = format!("#/components/schemas/{name}/properties/{property}");
            let parameter = ParameterBuilder::new()
                .name(property)
                .parameter_in(place.clone())
                .required(if is_required { Required::True } else { Required::False })
                .schema(Some(Ref::new(pointer)));
            parameters.push(parameter.build());
        }
    }
    if route.method.is_mutation() {
        parameters.push(header(
            "Idempotency-Key",
            "IdempotencyKey",
            json!({"type": "string", "minLength": 1, "maxLength": 255}),
            true,
            schemas,
        ));
    }
    if route.needs_version {
        parameters.push(header(
            "If-Match",
            "VersionTag",
            json!({"type": "string", "pattern": "^\"[0-9]+\"$"}),
            true,
            schemas,
        ));
    }
    parameters
}

fn header(
    name: &str,
    schema_name: &str,
    schema: Value,
    is_required: bool,
    schemas: &mut Map<String, Value>,
) -> Parameter {
    schemas.insert(schema_name.to_owned(), schema);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if is_required { Required::True } else { Required::False })
        .schema(Some(Ref::new(format!("#/components/schemas/{schema_name}"))))
        .build()
}

/// Name and schema of an object with properties; none for a route without such names.
fn named_or_empty(
    route: &Route,
    part: &str,
    schema: &Value,
    schemas: &mut Map<String, Value>,
) -> Option<(String, Value)> {
    if schema.get("type").is_some_and(|kind| kind == "null") {
        return None;
    }
    let reference = named(route, part, schema, schemas);
    let name = reference.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
    let object = schemas.get(&name)?.clone();
    Some((name, object))
}
