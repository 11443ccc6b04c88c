import LeibnizKernels

/// Looks for a point at which a scalar function is least, going downhill from a start.
///
/// The function may be of one tensor, or of several, or of arrays, dictionaries and structs of tensors. It is traced once, and its
/// derivatives are the library's; each iteration runs plans. All is computed in float64, whatever the start's type.
///
/// ```swift
/// let rosenbrock = { (x: Tensor) in pow(1 - x[0], 2) + 100 * pow(x[1] - x[0] * x[0], 2) }
/// let minimum = try minimize(rosenbrock, from: Tensor([-1.2, 1]), method: .bfgs)
/// print(minimum.point, minimum.reason)        // [1, 1] gradient small
/// ```
///
/// A function without a minimum, a start where it has no value, and a search that gets stuck are results, not errors: see
/// `StoppingReason`. The work is bounded by the rules.
///
/// - Parameters:
///   - f: its value is a real scalar. A function that reads or writes variables does so at each evaluation.
///   - start: real tensors; a start outside the bounds is moved to the nearest point within.
///   - method: L-BFGS by default.
///   - lower: of the start's structure, each tensor of its shape or one that broadcasts to it; −∞ by default.
///   - upper: likewise; +∞ by default. Bounds are kept by projection.
///   - stopping: when to end.
///   - recordsPath: whether the result's `path` holds every point; `false` by default.
///   - callback: is told of the start and of each step; `false` ends the minimisation.
/// - Throws: a `TensorError` where f's value is no real scalar, the start or a bound is unfit or a setting makes no sense; what
///   evaluation throws; whatever the callback throws.
public func minimize<each Argument: TensorGroup>(
    _ f: @escaping (repeat each Argument) -> Tensor, from start: (repeat each Argument),
    method: MinimizationMethod = .lbfgs(), lower: (repeat each Argument)? = nil, upper: (repeat each Argument)? = nil,
    stopping: StoppingRules = StoppingRules(), recordsPath: Bool = false,
    callback: ((Iterate<(repeat each Argument)>) throws -> Bool)? = nil
) throws -> Minimization<(repeat each Argument)> {
    if let flaw = method.flaw { throw TensorError("minimize", [], flaw, kind: .value).located() }
    let place = try StartingPlace(
        "minimize", TensorGroups.list(repeat each start), lower.map { TensorGroups.list(repeat each $0) },
        upper.map { TensorGroups.list(repeat each $0) })
    let function = { (x: [Tensor]) in f(repeat each TensorGroups.replacing((repeat each start), with: x)) }
    let objective = Objective(function, place.layout, limit: stopping.maximumEvaluations)
    let way = Way(place.layout, isRecorded: recordsPath, callback) {
        TensorGroups.replacing((repeat each start), with: $0)
    }
    let descent = Descent(from: place.start, in: place.box, rules: stopping, report: way.report)
    let reason = try descent.ending { try descent.run(method, on: objective) }
    var last = descent.end(reason)
    if last.gradient.isEmpty {
        // A method without derivatives is judged by the gradient as well.
        _ = try descent.ending {
            last.gradient = try objective.valueWithGradient(at: last.x).gradient
            return reason
        }
    }
    return Minimization(
        point: way.point(last.x), value: last.value, gradientNorm: descent.gradientNorm(last),
        iterations: descent.iterations, evaluations: objective.evaluations,
        hessianVectorProducts: objective.products, reason: reason, path: way.path)
}

extension Descent {
    /// Goes downhill by a method until a rule ends it.
    fileprivate func run(_ method: MinimizationMethod, on objective: Objective) throws -> StoppingReason {
        switch method {
        case .gradientDescent(.lineSearch): try follow(SteepestDirection(), of: objective)
        case .gradientDescent(.fixed(let rate)): try roll(rate: rate, of: objective)
        case .momentum(let rate, let momentum, let nesterov):
            try roll(rate: rate, momentum: momentum, nesterov: nesterov, of: objective)
        case .conjugateGradient: try follow(ConjugateDirection(), of: objective)
        case .bfgs: try follow(BFGSDirection(), of: objective)
        case .lbfgs(let memory): try follow(LimitedBFGSDirection(memory: memory), of: objective)
        case .newtonCG: try follow(NewtonDirection(objective: objective), of: objective)
        case .trustRegion: try explore(objective)
        case .nelderMead: try walk(objective)
        }
    }
}

/// Where a minimisation begins: a vector, the tensors of which it consists, and the bounds.
struct StartingPlace {
    let layout: PointLayout
    let start: [Double]
    let box: Box

    /// - Throws: a `TensorError` of `operation` where a tensor is not real or depends on a transformation, or the bounds do not fit.
    init(_ operation: String, _ tensors: [Tensor], _ lower: [Tensor]?, _ upper: [Tensor]?) throws {
        for tensor in tensors { try Self.check(tensor, operation) }
        let layout = PointLayout(tensors.map(\.type.shape))
        let start = try layout.vector(tensors)
        guard !start.isEmpty else {
            throw TensorError(operation, layout.shapes, "there is no number to change").located()
        }
        func vector(_ bound: [Tensor]?, _ open: Double) throws -> [Double] {
            guard let bound else { return start.map { _ in open } }
            for tensor in bound { try Self.check(tensor, operation) }
            guard bound.count == tensors.count else {
                throw TensorError(operation, bound.map(\.type.shape), "bounds must have the start's structure")
                    .located()
            }
            return try layout.vector(zip(bound, layout.shapes).map { $0.cast(to: .float64).broadcast(to: $1) })
        }
        let (low, high) = (try vector(lower, -.infinity), try vector(upper, .infinity))
        for (low, high) in zip(low, high) where !(low <= high) || low == .infinity || high == -.infinity {
            throw TensorError(
                operation, layout.shapes, "nothing lies between the bounds \(low) and \(high)", kind: .value
            ).located()
        }
        (self.layout, self.start) = (layout, start)
        box = lower == nil && upper == nil ? .everything : Box(lower: low, upper: high)
    }

    private static func check(_ tensor: Tensor, _ operation: String) throws {
        if let error = tensor.error { throw error }
        guard tensor.elementType.isFloatingPoint else {
            throw TensorError(
                operation, [tensor.type.shape], "\(tensor.elementType) has no derivative", kind: .elementType,
                hint: "cast(to: .float64) first"
            ).located(among: [tensor])
        }
        _ = try tensor.checkedForMinimization(operation)
    }
}

/// Points of the caller's structure, as the caller is told of them.
final class Way<Point> {
    private let layout: PointLayout
    private let isRecorded: Bool
    private let callback: ((Iterate<Point>) throws -> Bool)?
    private let structured: ([Tensor]) -> Point
    private(set) var path: [Iterate<Point>] = []

    init(
        _ layout: PointLayout, isRecorded: Bool, _ callback: ((Iterate<Point>) throws -> Bool)?,
        structured: @escaping ([Tensor]) -> Point
    ) {
        (self.layout, self.isRecorded, self.callback, self.structured) = (layout, isRecorded, callback, structured)
    }

    func point(_ x: [Double]) -> Point { structured(layout.tensors(x)) }

    func report(_ location: Location, _ iteration: Int, _ gradientNorm: Double) throws -> Bool {
        guard isRecorded || callback != nil else { return true }
        let iterate = Iterate(
            iteration: iteration, point: point(location.x), value: location.value, gradientNorm: gradientNorm)
        if isRecorded { path.append(iterate) }
        return try callback?(iterate) ?? true
    }
}
