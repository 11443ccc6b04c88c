import LeibnizKernels

/// L-BFGS in portions: some iterations at each call, with a memory of steps that stays from call to call. The function may differ
/// from call to call, as a loss of another batch does; within a call it is traced once.
package struct LimitedMemoryDescent: Sendable {
    /// How it goes on.
    package struct Settings: Sendable {
        package var rate: Double
        /// The most iterations of a call.
        package var iterations: Int
        /// The most values and gradients of a call.
        package var evaluations: Int
        /// Ends where no partial derivative is larger.
        package var gradientTolerance: Double
        /// Ends after a step none of whose elements is larger, and after a smaller change of the value.
        package var changeTolerance: Double
        /// How many steps are remembered.
        package var memory: Int
        /// Whether step lengths satisfy the strong Wolfe conditions; else they are the rate.
        package var searches: Bool

        package init(
            rate: Double, iterations: Int, evaluations: Int, gradientTolerance: Double, changeTolerance: Double,
            memory: Int, searches: Bool
        ) {
            (self.rate, self.iterations, self.evaluations) = (rate, iterations, evaluations)
            (self.gradientTolerance, self.changeTolerance) = (gradientTolerance, changeTolerance)
            (self.memory, self.searches) = (memory, searches)
        }
    }

    /// What a call has done.
    package struct Outcome {
        /// Where it has come to, in float64.
        package let point: [Tensor]
        /// The value at its beginning and at its end.
        package let values: (first: Double, last: Double)
    }

    private let settings: Settings
    private var rule: LimitedBFGSDirection
    /// The iterations of all calls.
    package private(set) var iterations = 0

    package init(_ settings: Settings) {
        self.settings = settings
        rule = LimitedBFGSDirection(memory: settings.memory)
    }

    /// The steps that are remembered and the changes of the gradient along them, the oldest first.
    package var pairs: [(s: [Double], y: [Double])] { rule.pairs }

    /// Takes over what another has remembered.
    package mutating func restore(_ pairs: [(s: [Double], y: [Double])], iterations: Int) {
        rule.pairs = pairs.suffix(settings.memory)
        self.iterations = iterations
    }

    /// Goes downhill for a few iterations.
    ///
    /// - Throws: what evaluation throws; nothing is then remembered of the call.
    package mutating func descend(_ f: @escaping ([Tensor]) -> Tensor, from start: [Tensor]) throws -> Outcome {
        let layout = PointLayout(start.map(\.type.shape))
        let objective = Objective(f, layout, limit: max(1, settings.evaluations))
        var (rule, iterations) = (self.rule, self.iterations)
        var point = try objective.valueWithGradient(at: try layout.vector(start))
        let first = point.value
        do {
            for _ in 0..<settings.iterations {
                guard point.isFinite, point.gradient.maximumNorm > settings.gradientTolerance else { break }
                guard let next = try next(from: point, &rule, iterations, objective) else { break }
                iterations += 1
                let step = next.x.subtracting(point.x), change = abs(next.value - point.value)
                rule.learn(step: step, gradientChange: next.gradient.subtracting(point.gradient), free: nil)
                point = next
                if step.maximumNorm <= settings.changeTolerance || change < settings.changeTolerance { break }
            }
        } catch is EvaluationLimit {
            // What has been reached so far is the result.
        }
        (self.rule, self.iterations) = (rule, iterations)
        return Outcome(point: layout.tensors(point.x), values: (first, point.value))
    }

    /// Where one iteration leads; nil where nothing along its direction is lower.
    private func next(
        from point: Location, _ rule: inout LimitedBFGSDirection, _ iterations: Int, _ objective: Objective
    ) throws -> Location? {
        var direction = rule.direction(at: point, free: nil)
        if !direction.isFinite || direction.dot(point.gradient) >= 0 {
            rule.forget()
            direction = point.gradient.scaled(by: -1)
        }
        // Of the first direction only the sign of its elements means something.
        let length = point.gradient.reduce(0) { $0 + abs($1) }
        let rate = rule.isScaled || iterations > 0 ? settings.rate : min(1, 1 / length) * settings.rate
        guard settings.searches else {
            return try objective.valueWithGradient(at: point.x.adding(direction, times: rate))
        }
        let search = LineSearch(
            curvature: rule.curvature, objective: objective, box: .everything, lowestValue: -.infinity)
        return try search.step(from: point, along: direction, first: rate, atMost: .infinity)?.location
    }
}
