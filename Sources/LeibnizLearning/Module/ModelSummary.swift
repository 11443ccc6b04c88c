import LeibnizCore

/// What a model does with an input, part by part: shapes, parameters, arithmetic and memory, as its traced graph has them.
///
/// A row is a module with parameters, in the order in which their values are used, or what stands between two of them: operations
/// without parameters, such as activations and pools. Views that only prepare a module's input (padding, windows, flattening) belong to
/// that module.
///
/// ```swift
/// print(try summary(of: ResidualNet(), at: .zeros([1, 1, 28, 28])))
/// ```
public struct ModelSummary: Sendable, Hashable {
    /// A part of the model.
    public struct Row: Sendable, Hashable {
        /// The path of the module, such as `stem.0`; the model's name for parameters of its own; empty for what has no parameters.
        public fileprivate(set) var module: String
        /// The operations' names in order, each once. Views are left out, except where there is nothing else.
        public fileprivate(set) var operations: [String] = []
        /// The extents of the last result; nil for parameters that the input does not meet.
        public fileprivate(set) var shape: Shape?
        /// The numbers that training can change, counted where they are first used.
        public fileprivate(set) var parameterCount = 0
        /// Arithmetic operations: two for each product that is added up, one for each element of any other operation that computes.
        public fileprivate(set) var operationCount = 0
        /// The bytes of the last result.
        public fileprivate(set) var byteCount = 0
    }

    /// The name of the model's type.
    public let name: String
    /// The extents of the inputs.
    public let inputs: [Shape]
    /// The parts in order.
    public let rows: [Row]
    /// The numbers that training can change.
    public let parameterCount: Int
    /// The bytes of all parameters, those that take no gradient included.
    public let parameterByteCount: Int
    /// The bytes that one inference needs beside parameters, inputs and result: those of the plan's arena.
    public let arenaByteCount: Int
    /// The arithmetic of one inference; see `Row.operationCount`.
    public var operationCount: Int { rows.reduce(0) { $0 + $1.operationCount } }
    /// The bytes of all parts' results together: about what a training step keeps of them.
    public var resultByteCount: Int { rows.reduce(0) { $0 + $1.byteCount } }
}

/// What a model does with an input; see `ModelSummary`.
///
/// - Parameters:
///   - model: a module; all its parameters are counted, whether they are used or not.
///   - input: of any shape that the model takes. Its numbers do not count.
///   - forward: what is looked at, in the mode of inference.
/// - Throws: the error of an input that the model does not take.
/// - Complexity: that of one inference.
public func summary<Model: Module, Input: TensorGroup, Output: TensorGroup>(
    of model: Model, at input: Input, _ forward: (Input) throws -> Output
) throws -> ModelSummary {
    // What is known to be zeros, say, would be simplified away.
    let inputs = try input.tensors.map { tensor in
        try tensor.withUnsafeBytes { Tensor(bytes: $0, shape: tensor.shape, tensor.elementType) }
    }
    var rest = inputs[...]
    let input = input.replacing(with: &rest)
    let outputs = try inference { try forward(input).tensors }
    if let error = outputs.lazy.compactMap(\.error).first { throw error }
    var survey = SummarySurvey(model)
    survey.walk(GraphOperations(outputs, inputs: inputs).operations)
    let recorder = PlanRecorder()
    try recorder.recording { try inference { try evaluate(outputs) } }
    let parameters = model.parameters
    return ModelSummary(
        name: Model.nameInErrors, inputs: inputs.map(\.shape), rows: survey.rows,
        parameterCount: model.parameterCount,
        parameterByteCount: parameters.reduce(0) { $0 + $1.shape.count * $1.value.elementType.byteCount },
        arenaByteCount: recorder.reports.map(\.arenaByteCount).max() ?? 0)
}

/// What a layer does with an input; see `ModelSummary`.
public func summary(of layer: some Layer, at input: Tensor) throws -> ModelSummary {
    try summary(of: layer, at: input) { layer($0) }
}

/// Finds the rows of a summary among a graph's operations.
private struct SummarySurvey {
    /// A variable of the model.
    private struct Cell {
        let module: String
        /// What training can change of it.
        let count: Int
    }

    /// An operation that depends on the input, and whose it is.
    private struct Step {
        let operation: GraphOperations.Operation
        /// The module whose parameters it takes, or to which it is given; nil for none.
        var module: String?
        var parameterCount = 0
        /// With that of constants and parameters' values before it.
        var operationCount: Int
    }

    private let order: [ObjectIdentifier]
    private let cells: [ObjectIdentifier: Cell]
    private(set) var rows: [ModelSummary.Row] = []

    init<Model: Module>(_ model: Model) {
        let named = model.namedParameters
        order = named.map { ObjectIdentifier($0.parameter.variable) }
        let cells = named.map { path, parameter in
            let module = path.split(separator: ".").dropLast().joined(separator: ".")
            return Cell(
                module: module.isEmpty ? Model.nameInErrors : module,
                count: parameter.takesGradient ? parameter.shape.count : 0)
        }
        self.cells = Dictionary(uniqueKeysWithValues: zip(order, cells))
    }

    /// Makes the rows; parameters that the input does not meet come last.
    mutating func walk(_ operations: [GraphOperations.Operation]) {
        var (steps, met) = steps(operations)
        decide(&steps)
        for step in steps {
            if rows.isEmpty || rows.last?.module != step.module ?? "" {
                rows.append(ModelSummary.Row(module: step.module ?? ""))
            }
            rows[rows.count - 1].add(
                step.operation, parameterCount: step.parameterCount, operationCount: step.operationCount)
        }
        for place in rows.indices { rows[place].leaveOutViews() }
        for variable in order where met.insert(variable).inserted {
            guard let cell = cells[variable], cell.count > 0 else { continue }
            if rows.last?.shape != nil || rows.last?.module != cell.module {
                rows.append(ModelSummary.Row(module: cell.module))
            }
            rows[rows.count - 1].parameterCount += cell.count
        }
    }

    /// The operations that depend on the input, each with the module whose parameters it takes, and all variables that are met.
    private func steps(_ operations: [GraphOperations.Operation]) -> ([Step], Set<ObjectIdentifier>) {
        var (steps, met, work) = ([Step](), Set<ObjectIdentifier>(), 0)
        var depends: [Bool] = []
        // The model's variables in a value that does not depend on the input.
        var variables: [[ObjectIdentifier]] = []
        for operation in operations {
            let isStep = operation.operands.contains { depends[$0] }
            depends.append(isStep || operation.isInput)
            let own = operation.variable.map { [ObjectIdentifier($0)] } ?? operation.operands.flatMap { variables[$0] }
            variables.append(isStep || operation.isInput ? [] : own.filter { cells[$0] != nil })
            work += operation.operationCount
            guard isStep else { continue }
            let used = operation.operands.flatMap { variables[$0] }
            let count = used.reduce(0) { met.insert($1).inserted ? $0 + (cells[$1]?.count ?? 0) : $0 }
            steps.append(
                Step(
                    operation: operation, module: used.last.flatMap { cells[$0]?.module }, parameterCount: count,
                    operationCount: work))
            work = 0
        }
        return (steps, met)
    }

    /// Gives operations without parameters to a module where they stand between two of its own; results of an operation of several to
    /// that; views to what comes after them.
    private func decide(_ steps: inout [Step]) {
        var last: Int?
        for place in steps.indices {
            if steps[place].operation.isPart, place > 0 { steps[place].module = steps[place - 1].module }
            guard let module = steps[place].module else { continue }
            if let last, steps[last].module == module {
                for between in last..<place { steps[between].module = module }
            }
            last = place
        }
        for place in steps.indices.dropLast().reversed() where steps[place].module == nil {
            if steps[place].operation.isView { steps[place].module = steps[place + 1].module }
        }
        if let end = steps.last, end.module == nil, end.operation.isView, steps.count > 1 {
            steps[steps.count - 1].module = steps[steps.count - 2].module
        }
    }
}

extension ModelSummary.Row {
    fileprivate mutating func add(
        _ operation: GraphOperations.Operation, parameterCount: Int, operationCount: Int
    ) {
        let name = operation.isView ? Self.viewMark + operation.name : operation.name
        if !operations.contains(name) { operations.append(name) }
        shape = operation.shape
        byteCount = operation.shape.count * operation.elementType.byteCount
        self.parameterCount += parameterCount
        self.operationCount += operationCount
    }

    private static let viewMark = "view "

    /// Names views only where nothing else is done.
    fileprivate mutating func leaveOutViews() {
        let others = operations.filter { !$0.hasPrefix(Self.viewMark) }
        operations = others.isEmpty ? operations.map { String($0.dropFirst(Self.viewMark.count)) } : others
    }
}
