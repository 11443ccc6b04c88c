import LeibnizKernels

/// One step of the method of Dormand and Prince, of order 5 with an error estimate of order 4 and a polynomial of order 4 between.
///
/// Dormand & Prince, *A family of embedded Runge–Kutta formulae* (1980); the polynomial and the choice of steps as in Hairer, Nørsett &
/// Wanner, *Solving Ordinary Differential Equations I*, sections II.4 and II.6.
struct DormandPrince {
    let relativeTolerance: Double
    let absoluteTolerance: Double
    /// ẏ = f(t, y), on vectors.
    let f: (Tensor, Tensor) -> Tensor

    private static let nodes = [1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1]
    private static let weights: [[Double]] = [
        [1.0 / 5],
        [3.0 / 40, 9.0 / 40],
        [44.0 / 45, -56.0 / 15, 32.0 / 9],
        [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
        [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
        [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
    ]
    /// The difference of both orders' weights.
    private static let error = [
        71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
    ]
    private static let dense = [
        -12715105075.0 / 11282082432, 0, 87487479700.0 / 32700410799, -10690763975.0 / 1880347072,
        701980252875.0 / 199316789632, -1453857185.0 / 822651844, 69997945.0 / 29380423,
    ]

    /// What goes from step to step: where it is, how long the next step is to be, and the polynomial over the last one.
    struct State {
        var t, y, slope, h: Tensor
        /// Where the last step began, and its length.
        var start, length: Tensor
        /// The polynomial's coefficients.
        var polynomial: [Tensor]

        var list: [Tensor] { [t, y, slope, h, start, length] + polynomial }
        init(_ list: [Tensor]) {
            (t, y, slope, h) = (list[0], list[1], list[2], list[3])
            (start, length, polynomial) = (list[4], list[5], Array(list[6...]))
        }
    }

    private func sum(_ weights: [Double], _ slopes: [Tensor]) -> Tensor {
        var total: Tensor?
        for (weight, slope) in zip(weights, slopes) where weight != 0 {
            total = Tensor.sum(total, Tensor(weak: weight) * slope)
        }
        return total ?? slopes[0].filled(0)
    }

    /// √(mean ((x/s)²)) with s = absolute + relative · |y|; 0 of nothing.
    private func norm(_ x: Tensor, _ y: Tensor) -> Tensor {
        let scaled = x / (Tensor(weak: absoluteTolerance) + Tensor(weak: relativeTolerance) * y)
        return sqrt(LeibnizCore.sum(scaled * scaled) * Tensor(weak: 1 / Double(Swift.max(1, x.type.shape.count))))
    }

    /// The state before the first step.
    func begin(_ t: Tensor, _ y: Tensor) -> State {
        let slope = f(t, y)
        let (size, speed) = (norm(y, abs(y)), norm(slope, abs(y)))
        let isFlat = (size < 1e-5) | (speed < 1e-5)
        let h = which(isFlat, 1e-6, 0.01 * size / which(isFlat, 1, speed)).stopGradient()
        return State([t, y, slope, h, t, t.filled(1), y] + (0..<4).map { _ in y.filled(0) })
    }

    /// The next state: a step further, or where it was with a shorter step.
    func step(_ state: State) -> State {
        let (t, y, h) = (state.t, state.y, state.h)
        var slopes = [state.slope]
        var next = y
        for (node, weights) in zip(Self.nodes, Self.weights) {
            next = y + h * sum(weights, slopes)
            slopes.append(f(t + Tensor(weak: node) * h, next))
        }
        let error = norm(h * sum(Self.error, slopes), maximum(abs(y), abs(next))).stopGradient()
        // NaN is no good step.
        let isGood = error <= 1
        let factor = which(isGood, minimum(10, 0.9 * pow(maximum(error, 1e-10), -0.2)), 0.2)
        let shorter = which(error < 1e10, maximum(0.2, minimum(0.9, 0.9 * pow(maximum(error, 1e-10), -0.2))), 0.2)
        let length = (h * which(isGood, factor, shorter)).stopGradient()
        let difference = next - y
        let first = h * slopes[0] - difference
        let polynomial = [y, difference, first, difference - h * slopes[6] - first, h * sum(Self.dense, slopes)]
        let moved = [t + h, next, slopes[6], length, t, h] + polynomial
        var kept = state.list
        kept[3] = length
        return State(zip(moved, kept).map { which(isGood, $0, $1) })
    }

    /// The solution at a time within the last step.
    func value(_ state: State, at t: Tensor) -> Tensor {
        let s = (t - state.start) / state.length
        let p = state.polynomial
        return p[0] + s * (p[1] + (1 - s) * (p[2] + s * (p[3] + (1 - s) * p[4])))
    }

    /// The solution at times that follow each other in one direction: `[T, n]`, the first row the initial value.
    func solve(_ y0: Tensor, _ times: Tensor, stepLimit: Int) -> Tensor {
        let count = times.type.shape[0]
        let start = times.gathered(Tensor.full([], 0, .int64))
        let last = times.gathered(Tensor.full([], Double(count - 1), .int64))
        // Backwards in time is forwards in −t.
        let direction = which(last < start, start.filled(-1), start.filled(1))
        let turned = DormandPrince(relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance) { t, y in
            direction * f(direction * t, y)
        }
        let report = LoopReport(
            operation: "odeSolve", reason: "the next time is not reached",
            hint:
                "allow a greater stepLimit: or tolerance:; stiff equations take many steps, and times must follow each other"
        )
        let failure = LoopReport(
            operation: "odeSolve", reason: "the step became too small for the tolerance",
            hint: "the solution may have a singularity, or the function a jump, near this time")
        let ulp = y0.elementType == .float64 ? 0x1p-50 : 0x1p-21
        let rest = times.sliced(axis: 0, start: Swift.min(1, count), count: Swift.max(0, count - 1))
        let first = turned.begin(direction * start, y0).list
        let (_, outputs) = scan(first, over: rest) { (carry: [Tensor], time: Tensor) -> ([Tensor], Tensor) in
            let target = direction * time
            let reached = whileLoop(
                carry, while: { ($0[0] < target) | (target < $0[4]) },
                failing: { abs($0[3]) <= Tensor(weak: ulp) * maximum(abs($0[0]), 1e-30) }, limit: stepLimit,
                report: report, failure: failure
            ) { turned.step(State($0)).list }
            return (reached, turned.value(State(reached), at: target))
        }
        return concatenate([y0.expanded(at: 0), outputs], axis: 0)
    }
}
