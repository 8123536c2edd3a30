//! The forward pass of a network's structs, from its graph.

use super::modules::{Kind, Network};
use burn_zoo_models::{Graph, Node, Op, Window};

/// A forward pass: each step computes from the results before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Body {
    pub steps: Vec<Step>,
}

/// One step of a forward pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub does: Does,
    pub inputs: Vec<Value>,
}

/// A result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// That which the pass is given.
    Given,
    /// That of a step, by its number.
    Step(usize),
}

/// The operation of a step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Does {
    /// A module of that name computes.
    Module(String),
    /// The modules of an optional field compute one after the other, where the struct has them.
    Optional(String, Vec<Does>),
    Relu,
    Sigmoid,
    MaxPool(Window),
    AvgPool(Window),
    GlobalAvgPool,
    Flatten,
    Add,
}

/// The forward passes of a network and of its structs.
#[derive(Debug)]
pub(super) struct Forward {
    pub network: Body,
    /// In the order of [`Network::kinds`], each with the number of axes that it takes and that it gives.
    pub kinds: Vec<(Body, [usize; 2])>,
}

/// The nodes that a struct's module computes, one after the other in the graph.
struct Run {
    kind: usize,
    instance: String,
    first: usize,
    len: usize,
}

/// The forward passes of a graph.
///
/// # Errors
/// What cannot be written.
pub(super) fn of(graph: &Graph, network: &Network) -> Result<Forward, String> {
    let nodes = graph.nodes();
    let mut runs = runs(nodes, network);
    let mut kinds = Vec::new();
    for (number, kind) in network.kinds.iter().enumerate() {
        let of_kind = runs.iter_mut().filter(|run| run.kind == number);
        let pass = of_struct(nodes, kind, of_kind.collect())?;
        let run = runs.iter().find(|run| run.kind == number);
        let run = run.expect("a pass has a run");
        // Besides the images.
        let axes = |node: usize| nodes[node].output.len() + 1;
        let given = nodes[run.first].inputs[0];
        kinds.push((pass, [axes(given), axes(run.first + run.len - 1)]));
    }
    let network = of_network(nodes, &runs)?;
    Ok(Forward { network, kinds })
}

/// The module whose result a node computes from, if it has no parameters, or its own.
fn module_of(nodes: &[Node], mut number: usize) -> Option<&str> {
    while nodes[number].parameters.is_empty() {
        number = *nodes[number].inputs.first()?;
    }
    Some(&nodes[number].name)
}

fn runs(nodes: &[Node], network: &Network) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for number in 0..nodes.len() {
        let module = module_of(nodes, number);
        let Some((kind, instance)) = module.and_then(|name| network.instance_of(name)) else {
            continue;
        };
        match runs.last_mut() {
            Some(run) if run.instance == instance && run.first + run.len == number => run.len += 1,
            _ => runs.push(Run {
                kind,
                instance: instance.into(),
                first: number,
                len: 1,
            }),
        }
    }
    runs
}

fn does(node: &Node, name: impl FnOnce(&str) -> String) -> Result<Does, String> {
    Ok(match &node.op {
        Op::Conv2d(_) | Op::Linear | Op::BatchNorm2d => Does::Module(name(&node.name)),
        Op::Relu => Does::Relu,
        Op::Sigmoid => Does::Sigmoid,
        Op::MaxPool2d(window) => Does::MaxPool(*window),
        Op::AvgPool2d(window) => Does::AvgPool(*window),
        Op::GlobalAvgPool2d => Does::GlobalAvgPool,
        Op::Flatten => Does::Flatten,
        Op::Add => Does::Add,
        other => return Err(format!("the operation {}", other.kind())),
    })
}

/// The pass of all modules of a kind, and each run without the nodes that are not of it.
fn of_struct(nodes: &[Node], kind: &Kind, mut runs: Vec<&mut Run>) -> Result<Body, String> {
    let unlike = || format!("the way through {}", kind.instances.join(", "));
    if runs.len() != kind.instances.len() {
        return Err(unlike());
    }
    let bodies: Vec<Body> = runs
        .iter()
        .map(|run| body(nodes, kind, run))
        .collect::<Result<_, _>>()?;
    let fullest = bodies
        .iter()
        .max_by_key(|body| body.steps.iter().filter(|step| step.is_optional()).count());
    let mut pass = fullest.ok_or_else(unlike)?.clone();
    // What follows the last module of a kind is named after it, though it is not of the kind.
    let shared = |pass: &Body, body: &Body| pass.shared_with(body);
    let common = bodies.iter().map(|body| shared(&pass, body)).min();
    pass.steps.truncate(common.unwrap_or(0));
    if pass.steps.is_empty() || !pass.has_all(kind) {
        return Err(unlike());
    }
    for (run, body) in runs.iter_mut().zip(&bodies) {
        let is_missing = |step: &&Step| step.is_optional() && !body.steps.contains(step);
        let missing = pass.steps.iter().filter(is_missing).count();
        let own = pass.steps.len() - missing;
        let nodes_of = body.steps[..own].iter().map(|step| match &step.does {
            Does::Optional(_, modules) => modules.len(),
            _ => 1,
        });
        run.len = nodes_of.sum();
    }
    Ok(pass)
}

/// The pass of one module of a kind, the modules of an optional field as one step.
fn body(nodes: &[Node], kind: &Kind, run: &Run) -> Result<Body, String> {
    let unlike = || format!("the way through {}", run.instance);
    let own = |name: &str| name[run.instance.len() + 1..].to_owned();
    let optional = |number: usize| {
        let name = own(module_of(nodes, number)?);
        let field = name.split('.').next()?.to_owned();
        let of_kind = kind.fields.iter().find(|known| known.name == field)?;
        of_kind.is_optional.then_some(field)
    };
    let mut steps: Vec<Step> = Vec::new();
    // The step that computes each node.
    let mut places: Vec<(usize, usize)> = Vec::new();
    let own_nodes = nodes.iter().enumerate().skip(run.first).take(run.len);
    for (number, node) in own_nodes {
        let value = |input: &usize| {
            let known = places.iter().find(|(node, _)| node == input);
            known.map_or(Value::Given, |(_, place)| Value::Step(*place))
        };
        let inputs: Vec<Value> = node.inputs.iter().map(value).collect();
        let does = does(node, own)?;
        let field = match node.parameters.is_empty() {
            true => None,
            false => optional(number),
        };
        match (field, steps.last_mut()) {
            (
                Some(field),
                Some(Step {
                    does: Does::Optional(last, modules),
                    ..
                }),
            ) if *last == field => {
                if inputs != [Value::Step(places.last().ok_or_else(unlike)?.1)] {
                    return Err(unlike());
                }
                modules.push(does);
            }
            (Some(field), _) => steps.push(Step {
                does: Does::Optional(field, vec![does]),
                inputs,
            }),
            (None, _) => steps.push(Step { does, inputs }),
        }
        places.push((number, steps.len() - 1));
    }
    // All that is given is one result, that of the node before.
    let outside = (run.first..run.first + run.len).flat_map(|number| &nodes[number].inputs);
    let mut outside = outside.filter(|&&input| input < run.first);
    let given = outside.next().ok_or_else(unlike)?;
    match outside.all(|input| input == given) {
        true => Ok(Body { steps }),
        false => Err(unlike()),
    }
}

impl Step {
    fn is_optional(&self) -> bool {
        matches!(self.does, Does::Optional(..))
    }
}

impl Body {
    /// How many of its steps are those of another module, where that may have no optional modules.
    fn shared_with(&self, other: &Body) -> usize {
        // The result that stands for that of each of its steps in the other.
        let mut stand_ins: Vec<Value> = Vec::new();
        let mut next = 0;
        for (number, step) in self.steps.iter().enumerate() {
            let translated = |value: &Value| match value {
                Value::Given => Value::Given,
                Value::Step(number) => stand_ins[*number],
            };
            let inputs: Vec<Value> = step.inputs.iter().map(translated).collect();
            let found = other.steps.get(next);
            let same = found.is_some_and(|found| found.does == step.does && found.inputs == inputs);
            stand_ins.push(match (same, step.is_optional()) {
                (true, _) => {
                    next += 1;
                    Value::Step(next - 1)
                }
                (false, true) => inputs[0],
                (false, false) => return number,
            });
        }
        self.steps.len()
    }

    /// Whether each field of a kind computes in it.
    fn has_all(&self, kind: &Kind) -> bool {
        kind.fields.iter().all(|field| {
            self.steps.iter().any(|step| match &step.does {
                Does::Module(name) => name.split('.').next() == Some(&field.name),
                Does::Optional(name, _) => *name == field.name,
                _ => false,
            })
        })
    }
}

/// The pass of the whole network, in which each struct's module is one step.
fn of_network(nodes: &[Node], runs: &[Run]) -> Result<Body, String> {
    let mut steps: Vec<Step> = Vec::new();
    // The result of each node that others may take.
    let mut values: Vec<Option<Value>> = vec![Some(Value::Given)];
    for (number, node) in nodes.iter().enumerate().skip(1) {
        let run = runs
            .iter()
            .find(|run| (run.first..run.first + run.len).contains(&number));
        if run.is_some_and(|run| number > run.first) {
            let run = run.expect("it is in one");
            let is_last = number + 1 == run.first + run.len;
            values.push(is_last.then(|| Value::Step(steps.len() - 1)));
            continue;
        }
        let inputs = node.inputs.iter().map(|&input| {
            values[input].ok_or_else(|| format!("a result from within {}", nodes[input].name))
        });
        let inputs = inputs.collect::<Result<_, _>>()?;
        let does = match run {
            Some(run) => Does::Module(run.instance.clone()),
            None => does(node, str::to_owned)?,
        };
        steps.push(Step { does, inputs });
        let is_whole = run.is_none_or(|run| run.len == 1);
        values.push(is_whole.then(|| Value::Step(steps.len() - 1)));
    }
    Ok(Body { steps })
}
