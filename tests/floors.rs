//! The plan of `src`: no file uses a module of a higher floor, and no files use each other in a circle. The floors are
//! those of DESIGN.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A source file, by its module path: `["data", "folder"]`, and `["data"]` for its `mod.rs`.
type Module = Vec<String>;

struct Source {
    path: PathBuf,
    /// Without comments and tests.
    code: String,
    /// What its module has from its children by `pub use`: the name, and the child's path.
    reexports: BTreeMap<String, Module>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The floors of DESIGN.md, the highest first.
fn floors() -> Vec<Vec<String>> {
    let design = fs::read_to_string(root().join("DESIGN.md")).unwrap();
    let (_, rest) = design
        .split_once("\n## Floors\n")
        .expect("DESIGN.md has floors");
    let block = rest.split("```").nth(1).expect("the floors are a block");
    let lines = block.lines().skip(1).filter(|line| !line.trim().is_empty());
    let modules = |line: &str| {
        let (modules, _) = line.split_once("  ").unwrap_or((line, ""));
        modules.split_whitespace().map(Into::into).collect()
    };
    lines.map(modules).collect()
}

/// The library's source files; those of the command line and of the crates beside are not of it.
fn sources() -> BTreeMap<Module, Source> {
    let mut sources = BTreeMap::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root().join("src")).unwrap();
            if ["cli", "steps", "unfused", "main.rs", "lib.rs"].contains(&below.to_str().unwrap()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_tests = path.file_name().unwrap() == "tests.rs";
            if path.extension().is_none_or(|it| it != "rs") || is_tests {
                continue;
            }
            let names = below.with_extension("");
            let mut module: Module = names.iter().map(|it| it.to_str().unwrap().into()).collect();
            if module.last().unwrap() == "mod" {
                module.pop();
            }
            let code = code(&fs::read_to_string(&path).unwrap());
            let reexports = reexports(&module, &code);
            let path = below.to_owned();
            sources.insert(
                module,
                Source {
                    path,
                    code,
                    reexports,
                },
            );
        }
    }
    sources
}

/// A file's code without texts, comments and its tests, which may look at everything.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    // A text may go on over several lines.
    let mut is_text = false;
    let lines = text.lines().map(|line| {
        let mut code = String::new();
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match (letter, letters.peek()) {
                ('\\', _) if is_text => drop(letters.next()),
                ('"', _) if !code.ends_with('\'') => is_text = !is_text,
                ('/', Some('/')) if !is_text => break,
                (letter, _) if !is_text => code.push(letter),
                _ => {}
            }
        }
        code
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names that `use` statements which begin with one of some words bring in, as whole paths.
fn used(code: &str, words: &[&str]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(index) = rest.find("use ") {
        let starts = rest[..index].ends_with(['\n', ' ', ')']) || index == 0;
        let statement = rest[..index].rsplit('\n').next().unwrap().trim();
        rest = &rest[index + 4..];
        let Some(end) = rest.find(';') else { break };
        if starts && words.contains(&statement) {
            expand(&rest[..end], &mut Vec::new(), &mut paths);
        }
    }
    paths
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expand(tree: &str, before: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let length = before.len();
    match tree.split_once("::{") {
        Some((head, inner)) if !head.contains(',') => {
            before.extend(head.split("::").map(|name| name.trim().to_owned()));
            let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
            let (mut depth, mut start) = (0, 0);
            for (index, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        expand(&inner[start..index], before, paths);
                        start = index + 1;
                    }
                    _ => {}
                }
            }
            before.truncate(length);
        }
        _ if tree.is_empty() => {}
        _ => {
            let name = tree.split(" as ").next().unwrap();
            let names = name.split("::").map(|name| name.trim().to_owned());
            paths.push(before.iter().cloned().chain(names).collect());
        }
    }
}

/// What a module has by `pub use` of its children.
fn reexports(module: &Module, code: &str) -> BTreeMap<String, Module> {
    let public = ["pub", "pub(crate)", "pub(super)"];
    let paths = used(code, &public).into_iter();
    let own = paths.filter(|path| !["crate", "super"].contains(&path[0].as_str()));
    own.filter(|path| path.len() > 1)
        .map(|path| {
            let child = &path[..path.len() - 1];
            let child = module.iter().chain(child).cloned().collect();
            (path[path.len() - 1].clone(), child)
        })
        .collect()
}

/// The paths that a file names outside `use` statements, by the words that they begin with: `crate::…`.
fn named(code: &str, words: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for word in words {
        for (index, _) in code.match_indices(&format!("{word}::")) {
            let statement = code[..index].rsplit('\n').next().unwrap().trim();
            let before = code[..index].chars().last();
            let begins = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
            if !begins || statement.starts_with("pub") && statement.ends_with("use") {
                continue;
            }
            let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let path = code[index..].split(|c| !is_name(c)).next().unwrap();
            let names: Vec<_> = path.split("::").filter(|name| !name.is_empty()).collect();
            paths.push(names.into_iter().map(Into::into).collect());
        }
    }
    paths
}

/// The file that a path of a file means, if it is one of these.
fn target(
    path: &[String],
    of: &Module,
    is_folder: bool,
    sources: &BTreeMap<Module, Source>,
) -> Option<Module> {
    let mut at: Module = of.clone();
    let mut names = path.iter().peekable();
    match names.peek()?.as_str() {
        "crate" => {
            at.clear();
            names.next();
        }
        "super" | "self" => {
            while let Some("super" | "self") = names.peek().map(|name| name.as_str()) {
                if names.next().unwrap() == "super" {
                    at.pop();
                }
            }
        }
        _ if is_folder => {}
        _ => return None,
    }
    for name in names {
        let mut child = at.clone();
        child.push(name.clone());
        if sources.contains_key(&child) {
            at = child;
            continue;
        }
        // An item: of this file, or of the child that it is taken from.
        let mut seen = BTreeSet::new();
        while let Some(from) = sources.get(&at).and_then(|it| it.reexports.get(name)) {
            if !seen.insert(from.clone()) || !sources.contains_key(from) {
                break;
            }
            at = from.clone();
        }
        break;
    }
    sources.contains_key(&at).then_some(at)
}

/// Which files use which.
fn arrows(sources: &BTreeMap<Module, Source>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut arrows = BTreeMap::new();
    for (module, source) in sources {
        let is_folder = source.path.ends_with("mod.rs")
            || sources
                .keys()
                .any(|it| it.len() > module.len() && it.starts_with(module));
        let mut paths = used(&source.code, &[""]);
        let below = sources.keys().filter(|it| it.len() == module.len() + 1);
        let children = below.filter(|it| it.starts_with(module));
        let children = children.map(|it| it[module.len()].clone());
        let words = ["crate".to_owned(), "super".into()].into_iter();
        let words: Vec<_> = words.chain(children.filter(|_| is_folder)).collect();
        paths.extend(named(&source.code, &words));
        let targets = paths
            .iter()
            .filter_map(|path| target(path, module, is_folder, sources));
        let targets: BTreeSet<_> = targets.filter(|it| it != module).collect();
        arrows.insert(module.clone(), targets);
    }
    arrows
}

#[test]
fn every_module_stands_on_a_floor_and_uses_only_lower_ones() {
    let floors = floors();
    let floor = |module: &str| {
        floors
            .iter()
            .position(|it| it.iter().any(|own| own == module))
    };
    let sources = sources();
    let rooms: BTreeSet<&String> = sources.keys().map(|module| &module[0]).collect();
    for room in &rooms {
        assert!(floor(room).is_some(), "DESIGN.md gives {room} no floor");
    }
    for module in floors.iter().flatten() {
        assert!(
            rooms.contains(module),
            "{module} is on a floor of DESIGN.md, but not in src"
        );
    }
    let mut upward = Vec::new();
    for (module, targets) in arrows(&sources) {
        for target in targets.iter().filter(|target| target[0] != module[0]) {
            // The highest floor is the first.
            if floor(&target[0]) <= floor(&module[0]) {
                let path = sources[&module].path.display();
                upward.push(format!("src/{path} uses {}", target.join("::")));
            }
        }
    }
    assert!(
        upward.is_empty(),
        "against the floors of DESIGN.md:\n{}",
        upward.join("\n")
    );
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = sources();
    let mut left = arrows(&sources);
    // Files that use none of those left, or that none of those left use, are in no circle.
    loop {
        let known: BTreeSet<Module> = left.keys().cloned().collect();
        let used: BTreeSet<Module> = left.values().flatten().cloned().collect();
        let before = left.len();
        left.retain(|module, targets| {
            used.contains(module) && targets.iter().any(|target| known.contains(target))
        });
        if left.len() == before {
            break;
        }
    }
    let known: BTreeSet<Module> = left.keys().cloned().collect();
    let lines = left.iter().map(|(module, targets)| {
        let targets = targets.intersection(&known).map(|it| it.join("::"));
        format!(
            "{} uses {}",
            module.join("::"),
            targets.collect::<Vec<_>>().join(", ")
        )
    });
    let lines: Vec<_> = lines.collect();
    assert!(
        lines.is_empty(),
        "a circle is among these:\n{}",
        lines.join("\n")
    );
}

#[test]
fn paths_are_understood_as_the_compiler_does() {
    let mut paths = Vec::new();
    expand("a::{self, b, c::{d, e as f}}", &mut Vec::new(), &mut paths);
    let paths: Vec<_> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["a::self", "a::b", "a::c::d", "a::c::e"]);
    let sources = sources();
    let loader = vec!["data".to_owned(), "loader".into()];
    for (path, expected) in [
        ("crate::data::ImageLoader", "data::loader"),
        ("super::ImageLoader", "data::loader"),
        ("crate::run::RunConfig", "run::config"),
        ("crate::numbers::thousands", "numbers"),
    ] {
        let path: Vec<String> = path.split("::").map(Into::into).collect();
        let found = target(&path, &loader, false, &sources).unwrap();
        assert_eq!(found.join("::"), expected, "{path:?}");
    }
}
