//! Replays the golden rows of artifacts: replay FOLDER...

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use skiff::{Model, Result, Vectors, Verdict};

fn main() -> ExitCode {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        eprintln!("usage: replay FOLDER...");
        return ExitCode::from(2);
    }
    let mut agree = true;
    for folder in &folders {
        match replay(folder) {
            Ok(verdict) => {
                println!("{}: {verdict}", name(folder));
                agree &= verdict.agrees;
            }
            Err(error) => {
                println!("{}: fails: {error}", name(folder));
                agree = false;
            }
        }
    }
    if agree { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn replay(folder: &Path) -> Result<Verdict> {
    Model::open(folder)?.replay(&Vectors::read(folder)?)
}

/// Returns the last two parts of a path: the model's name and its version.
fn name(folder: &Path) -> String {
    let parts: Vec<_> = folder.iter().map(|part| part.to_string_lossy()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}
