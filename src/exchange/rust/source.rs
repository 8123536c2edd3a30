//! The text of a Rust file, laid out as rustfmt leaves it.

use super::forward::Forward;
use super::modules::{Field, Module, Network, Type};
use super::statements::statements;
use super::version::{BurnVersion, Types};
use burn_zoo_models::{ConvShape, Graph, Node, Op};
use std::collections::BTreeSet;

/// The words about a model.
pub(super) struct About<'a> {
    pub model: &'a str,
    /// The file of its weights.
    pub weights: &'a str,
    pub text: String,
    pub classes: &'a [String],
    pub num_classes: usize,
    pub version: BurnVersion,
}

/// The file.
pub(super) fn file(about: &About, graph: &Graph, network: &Network, forward: &Forward) -> String {
    let types = about.version.types();
    let name = struct_name(about.model);
    let has_norms = graph.nodes().iter().any(|node| node.op == Op::BatchNorm2d);
    let mut lines = head(about, &types, &name, has_norms);
    lines.extend(imports(graph, &types));
    lines.push(String::new());

    let fields: Vec<Field> = network
        .root
        .iter()
        .map(|(name, module)| Field {
            name: name.clone(),
            of: network.type_of(graph.nodes(), name, module),
            is_optional: false,
        })
        .collect();
    let [channels, height, width] = *graph.nodes()[0].output else {
        unreachable!("images have three axes")
    };
    lines.push(format!(
        "/// `{}`: images `[N, {channels}, {height}, {width}]` to logits `[N, {}]`.",
        about.model, about.num_classes
    ));
    declaration(&mut lines, &name, &fields, &types, network);
    lines.push(format!("impl{} {name}{} {{", types.declared, types.used));
    if !about.classes.is_empty() {
        lines.push("    /// The classes, in order of the logits.".into());
        let count = about.classes.len();
        lines.push(format!(
            "    pub const CLASSES: [&'static str; {count}] = ["
        ));
        lines.extend(
            about
                .classes
                .iter()
                .map(|class| format!("        {class:?},")),
        );
        lines.push("    ];".into());
        lines.push(String::new());
    }
    lines.push("    /// With weights as Burn draws them, until others are loaded.".into());
    lines.push(format!(
        "    pub fn init(device: {}) -> Self {{",
        types.device
    ));
    lines.push("        Self {".into());
    for ((own, module), field) in network.root.iter().zip(&fields) {
        let code = initial(graph.nodes(), module, &field.of, network);
        code.write(&mut lines, 12, &format!("{own}: "), ",");
    }
    lines.push("        }".into());
    lines.push("    }".into());
    lines.push(String::new());
    lines.push("    /// Images, prepared as the top of this file says, to logits.".into());
    lines.push(format!(
        "    pub fn forward(&self, images: {}) -> {} {{",
        types.tensor(4),
        types.tensor(2)
    ));
    lines.extend(statements(&forward.network, "images", &fields, network));
    lines.push("    }".into());
    lines.push("}".into());

    for (kind, (pass, [takes, gives])) in network.kinds.iter().zip(&forward.kinds) {
        lines.push(String::new());
        declaration(&mut lines, &kind.name, &kind.fields, &types, network);
        lines.push(format!(
            "impl{} {}{} {{",
            types.declared, kind.name, types.used
        ));
        lines.push(format!(
            "    fn forward(&self, x: {}) -> {} {{",
            types.tensor(*takes),
            types.tensor(*gives)
        ));
        lines.extend(statements(pass, "x", &kind.fields, network));
        lines.push("    }".into());
        lines.push("}".into());
    }
    lines.extend(functions(graph, &types));
    lines.join("\n") + "\n"
}

/// `CnnMaxpool`.
fn struct_name(model: &str) -> String {
    let words = model.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    });
    words.collect()
}

/// The words at the top.
fn head(about: &About, types: &Types, name: &str, has_norms: bool) -> Vec<String> {
    let mut lines = vec![format!(
        "//! Made for Burn {} by `zoo export`, and yours to change.",
        types.version
    )];
    lines.push("//!".into());
    lines.extend(
        wrapped(&about.text, 96)
            .into_iter()
            .map(|line| format!("//! {line}")),
    );
    if has_norms {
        let norms = "Batch normalisation is Burn's. It classifies as the zoo's does; in training, its running variance \
                     is over n values, and PyTorch's and the zoo's over n − 1.";
        lines.push("//!".into());
        let norms = wrapped(norms, 96).into_iter();
        lines.extend(norms.map(|line| format!("//! {line}")));
    }
    let file = about.weights;
    let read = match about.version {
        BurnVersion::V0_21 => vec![
            "use burn_store::{BurnpackStore, ModuleSnapshot};".into(),
            String::new(),
            format!("let mut model = {name}::<MyBackend>::init(&device);"),
            format!("model.load_from(&mut BurnpackStore::from_file({file:?}))?;"),
        ],
        BurnVersion::V0_22 => vec![format!(
            "let model = {name}::init(&device).try_load_file({file:?})?;"
        )],
    };
    lines.extend(["//!", "//! ```ignore"].map(String::from));
    lines.extend(
        read.into_iter()
            .map(|line| format!("//! {line}").trim_end().to_owned()),
    );
    lines.push("//! let logits = model.forward(images);".into());
    lines.extend(["//! ```", ""].map(String::from));
    lines
}

/// A text in lines that are no longer than so many characters, where words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is one");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn imports(graph: &Graph, types: &Types) -> Vec<String> {
    let kinds: BTreeSet<&str> = graph.nodes().iter().map(|node| node.op.kind()).collect();
    let has = |kind: &str| kinds.contains(kind);
    let mut lines = vec!["use burn::module::Module;".to_owned()];
    if has("Conv2d") {
        lines.push("use burn::nn::conv::{Conv2d, Conv2dConfig};".into());
    }
    let pools = [
        ("AvgPool2d", "AvgPool2dConfig"),
        ("MaxPool2d", "MaxPool2dConfig"),
    ];
    let pools = pools
        .into_iter()
        .filter(|(kind, _)| has(kind))
        .map(|(_, name)| name);
    let pools: Vec<&str> = pools.collect();
    if !pools.is_empty() {
        lines.push(format!("use burn::nn::pool::{};", listed(&pools)));
    }
    let mut layers = Vec::new();
    if has("BatchNorm2d") {
        layers.extend(["BatchNorm", "BatchNormConfig"]);
    }
    if has("Linear") {
        layers.extend(["Linear", "LinearConfig"]);
    }
    let is_padded =
        |node: &Node| matches!(&node.op, Op::Conv2d(shape) if shape.padding != [[0; 2]; 2]);
    if !pools.is_empty() || graph.nodes().iter().any(is_padded) {
        layers.push("PaddingConfig2d");
    }
    lines.push(format!("use burn::nn::{};", listed(&layers)));
    let functions = [("ReLU", "relu"), ("Sigmoid", "sigmoid")];
    let functions = functions
        .into_iter()
        .filter(|(kind, _)| has(kind))
        .map(|(_, name)| name);
    let functions: Vec<&str> = functions.collect();
    if !functions.is_empty() {
        lines.push(format!(
            "use burn::tensor::activation::{};",
            listed(&functions)
        ));
    }
    lines.push(types.import.into());
    lines
}

fn listed(names: &[&str]) -> String {
    match names {
        [name] => (*name).to_owned(),
        names => format!("{{{}}}", names.join(", ")),
    }
}

fn declaration(
    lines: &mut Vec<String>,
    name: &str,
    fields: &[Field],
    types: &Types,
    network: &Network,
) {
    lines.push("#[derive(Module, Debug)]".into());
    lines.push(format!("pub struct {name}{} {{", types.declared));
    for field in fields {
        let of = types.of(&field.of, network);
        let of = if field.is_optional {
            format!("Option<{of}>")
        } else {
            of
        };
        lines.push(format!("    {}: {of},", field.name));
    }
    lines.push("}".into());
    lines.push(String::new());
}

/// An expression in one line or in several.
enum Code {
    /// An expression and the calls of its methods: `[LinearConfig::new(2, 3), init(device)]`.
    Chain(Vec<String>),
    /// Between brackets.
    List(&'static str, Vec<Code>, &'static str),
    /// Of a struct's fields.
    Fields(String, Vec<(String, Code)>),
}

/// The longest line that rustfmt leaves.
const WIDTH: usize = 100;
/// The longest chain of calls, and the longest list, that rustfmt leaves in one line.
const SHORT: usize = 60;

impl Code {
    /// In one line.
    fn line(&self) -> Option<String> {
        let line = match self {
            Self::Chain(calls) => calls.join("."),
            Self::List(open, parts, close) => {
                let parts: Option<Vec<String>> = parts.iter().map(Self::line).collect();
                format!("{open}{}{close}", parts?.join(", "))
            }
            Self::Fields(..) => return None,
        };
        (line.chars().count() <= SHORT).then_some(line)
    }

    fn write(&self, lines: &mut Vec<String>, indent: usize, before: &str, after: &str) {
        let space = " ".repeat(indent);
        if let Some(line) = self.line() {
            lines.push(format!("{space}{before}{line}{after}"));
            return;
        }
        match self {
            Self::Chain(calls) => {
                lines.push(format!("{space}{before}{}", calls[0]));
                lines.extend(calls[1..].iter().map(|call| format!("{space}    .{call}")));
                lines.last_mut().expect("there is one").push_str(after);
            }
            Self::List(open, parts, close) => {
                lines.push(format!("{space}{before}{open}"));
                for part in parts {
                    part.write(lines, indent + 4, "", ",");
                }
                lines.push(format!("{space}{close}{after}"));
            }
            Self::Fields(name, fields) => {
                lines.push(format!("{space}{before}{name} {{"));
                for (name, code) in fields {
                    code.write(lines, indent + 4, &format!("{name}: "), ",");
                }
                lines.push(format!("{space}}}{after}"));
            }
        }
    }
}

/// A module as it is made.
fn initial(nodes: &[Node], module: &Module, of: &Type, network: &Network) -> Code {
    match (module, of) {
        (Module::Layer(number), _) => layer(&nodes[*number]),
        (Module::List(modules), Type::Vec(inner)) => {
            let modules = modules
                .iter()
                .map(|own| initial(nodes, own, inner, network));
            Code::List("vec![", modules.collect(), "]")
        }
        (Module::List(modules), Type::Tuple(types)) => {
            let modules = modules.iter().zip(types);
            let modules = modules.map(|(own, of)| initial(nodes, own, of, network));
            Code::List("(", modules.collect(), ")")
        }
        (Module::Struct(own), Type::Struct(kind)) => {
            let kind = &network.kinds[*kind];
            let fields = kind.fields.iter().map(|field| {
                let found = own.iter().find(|(name, _)| *name == field.name);
                let code = found.map(|(_, module)| initial(nodes, module, &field.of, network));
                let code = match (code, field.is_optional) {
                    (Some(Code::List("(", parts, _)), true) => Code::List("Some((", parts, "))"),
                    (Some(code), true) => Code::List("Some(", vec![code], ")"),
                    (Some(code), false) => code,
                    (None, _) => Code::Chain(vec!["None".into()]),
                };
                (field.name.clone(), code)
            });
            Code::Fields(kind.name.clone(), fields.collect())
        }
        _ => unreachable!("a module has its own type"),
    }
}

fn layer(node: &Node) -> Code {
    let shape = &node.parameters[0].shape;
    let has_bias = node.parameters.len() > 1;
    let mut calls = match &node.op {
        Op::Conv2d(conv) => convolution(conv),
        Op::Linear => vec![format!("LinearConfig::new({}, {})", shape[0], shape[1])],
        _ => vec![format!("BatchNormConfig::new({})", shape[0])],
    };
    if !has_bias {
        calls.push("with_bias(false)".into());
    }
    calls.push("init(device)".into());
    Code::Chain(calls)
}

fn convolution(conv: &ConvShape) -> Vec<String> {
    let mut calls = vec![format!(
        "Conv2dConfig::new({:?}, {:?})",
        [conv.in_channels, conv.out_channels],
        conv.kernel
    )];
    if conv.stride != [1; 2] {
        calls.push(format!("with_stride({:?})", conv.stride));
    }
    if conv.dilation != [1; 2] {
        calls.push(format!("with_dilation({:?})", conv.dilation));
    }
    if conv.groups != 1 {
        calls.push(format!("with_groups({})", conv.groups));
    }
    let [[top, bottom], [left, right]] = conv.padding;
    if conv.padding != [[0; 2]; 2] {
        calls.push(format!(
            "with_padding(PaddingConfig2d::Explicit({top}, {left}, {bottom}, {right}))"
        ));
    }
    calls
}

/// The functions that poolings are calls of.
fn functions(graph: &Graph, types: &Types) -> Vec<String> {
    let mut lines = Vec::new();
    let has = |kind: &str| graph.nodes().iter().any(|node| node.op.kind() == kind);
    let maps = types.tensor(4);
    let mut function = |name: &str, doc: &str, config: &str, more: &str| {
        lines.extend([String::new(), format!("/// {doc}")]);
        let head = format!("fn {name}{}(", types.declared);
        let parameters = [
            format!("maps: {maps}"),
            "size: usize".into(),
            "stride: usize".into(),
            "padding: usize".into(),
        ];
        let tail = format!(") -> {maps} {{");
        let line = format!("{head}{}{tail}", parameters.join(", "));
        if line.len() <= WIDTH {
            lines.push(line);
        } else {
            lines.push(head);
            lines.extend(parameters.map(|own| format!("    {own},")));
            lines.push(tail);
        }
        lines.extend([
            format!("    let pool = {config}::new([size; 2]).with_strides([stride; 2]);"),
            "    let padding = PaddingConfig2d::Explicit(padding, padding, padding, padding);"
                .into(),
            format!("    let pool = pool.with_padding(padding){more};"),
            "    pool.init().forward(maps)".into(),
            "}".into(),
        ]);
    };
    if has("MaxPool2d") {
        let doc = "The largest value of each window.";
        function("max_pool", doc, "MaxPool2dConfig", "");
    }
    if has("AvgPool2d") {
        let doc = "The mean of each window, without what is padded.";
        function(
            "avg_pool",
            doc,
            "AvgPool2dConfig",
            ".with_count_include_pad(false)",
        );
    }
    lines
}
