//! `tensu audit`: proves that the audit trail is whole, and keeps its heads elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use store::audit::{self, FaultKind, Head};
use store::identity::settings;
use store::{Database, TenantId, tenants};

use crate::serve_command::database_url;

/// Clinics read at once.
const PER_READ: i32 = 500;

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {
    /// Read the whole trail; exit code 1 when a row was altered, is missing or follows another.
    Verify {
        #[command(flatten)]
        which: Which,
        /// Heads kept elsewhere: they also show that the newest rows are gone.
        #[arg(long)]
        heads: Option<PathBuf>,
    },
    /// Write where each day of the trail ends, to be kept elsewhere.
    Heads {
        #[command(flatten)]
        which: Which,
        /// The file, one JSON object a line.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Whose trail.
#[derive(Args)]
pub struct Which {
    /// Code of the clinic; all clinics when absent.
    #[arg(long)]
    tenant: Option<String>,
    /// PostgreSQL, as the role tensu_app; `$TENSU_DATABASE_URL` when absent, else the private cluster of this checkout.
    #[arg(long)]
    database_url: Option<String>,
}

/// A head in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeptHead {
    tenant: TenantId,
    day: kernel::ServiceDate,
    last_seq: i64,
    last_hash: String,
}

/// Runs one command.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Verify { which, heads } => verify(which, heads.as_deref()),
        Command::Heads { which, out } => heads(which, out),
    }
}

fn clinics(which: &Which) -> anyhow::Result<(Database, Vec<TenantId>)> {
    let database =
        Database::connect(&database_url(which.database_url.as_deref())?, 1).context("opening the database")?;
    if let Some(code) = &which.tenant {
        let tenant = database.tenant_of_code(code)?.with_context(|| format!("no clinic has the code {code:?}"))?;
        return Ok((database, vec![tenant]));
    }
    let mut all: Vec<TenantId> = Vec::new();
    loop {
        let more = database.tenants(all.last().copied(), PER_READ)?;
        if more.is_empty() {
            return Ok((database, all));
        }
        all.extend(more);
    }
}

fn verify(which: &Which, kept: Option<&Path>) -> anyhow::Result<ExitCode> {
    let (database, clinics) = clinics(which)?;
    let kept = kept.map(read).transpose()?.unwrap_or_default();
    let mut faults = 0_usize;
    if which.tenant.is_none() {
        for (tenant, head) in kept.iter().filter(|(tenant, _)| !clinics.contains(tenant)) {
            println!("tenant {tenant}: {} the clinic of a kept head is gone", head.day.naive());
            faults = faults.saturating_add(1);
        }
    }
    for tenant in clinics {
        let of_clinic: Vec<Head> = kept.iter().filter(|(of, _)| *of == tenant).map(|(_, head)| head.clone()).collect();
        let (code, years, rows, found) = database.in_tenant(tenant, |tx| {
            let rows: i64 = audit::heads(tx)?.iter().map(|head| head.last_seq).sum();
            Ok::<_, store::StoreError>((
                tenants::code(tx)?,
                settings::current(tx)?.audit_years,
                rows,
                audit::verify(tx, &of_clinic)?,
            ))
        })?;
        for fault in &found {
            println!("{code}: {} row {} {}", fault.day.naive(), fault.seq, say(fault.kind));
        }
        println!("{code}: {rows} rows, {} faults; kept at least {years} years, nothing is deleted", found.len());
        faults = faults.saturating_add(found.len());
    }
    Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const fn say(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Altered => "does not have the content it was written with",
        FaultKind::Missing => "is gone",
        FaultKind::Unchained => "does not follow the row before it",
        FaultKind::Head => "is not where the day ends",
    }
}

fn heads(which: &Which, out: &Path) -> anyhow::Result<ExitCode> {
    let (database, clinics) = clinics(which)?;
    let mut text = String::new();
    for tenant in clinics {
        for head in database.in_tenant(tenant, audit::heads)? {
            let last_hash = head.last_hash.iter().map(|byte| format!("{byte:02x}")).collect();
            let kept = KeptHead { tenant, day: head.day, last_seq: head.last_seq, last_hash };
            text.push_str(&serde_json::to_string(&kept)?);
            text.push('\n');
        }
    }
    fs::write(out, &text).with_context(|| format!("writing {}", out.display()))?;
    println!("{} heads", text.lines().count());
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<Vec<(TenantId, Head)>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let head = |(number, line): (usize, &str)| {
        let kept: KeptHead =
            serde_json::from_str(line).with_context(|| format!("{} line {}", path.display(), number + 1))?;
        let last_hash = hash(&kept.last_hash)?;
        Ok((kept.tenant, Head { day: kept.day, last_seq: kept.last_seq, last_hash }))
    };
    text.lines().enumerate().map(head).collect()
}

fn hash(text: &str) -> anyhow::Result<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("{text:?} is no SHA-256");
    }
    let digits: Vec<char> = text.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).context("a hexadecimal digit");
    digits.chunks(2).map(byte).collect()
}
