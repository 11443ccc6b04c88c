/// A point on the way of a minimisation.
public struct Iterate<Point> {
    /// The number of steps before it: 0 at the start.
    public let iteration: Int
    /// The point, of the start's structure, in float64.
    public let point: Point
    /// The function's value there.
    public let value: Double
    /// ‖P(x − ∇f) − x‖∞, where P projects into the bounds: without bounds the largest partial derivative. NaN where the method asks
    /// for no gradients.
    public let gradientNorm: Double
}

extension Iterate: Sendable where Point: Sendable {}

/// Where a minimisation ended, and why.
public struct Minimization<Point> {
    /// The best point found, of the start's structure, in float64.
    public let point: Point
    /// The function's value there.
    public let value: Double
    /// ‖P(x − ∇f) − x‖∞ there, where P projects into the bounds: without bounds the largest partial derivative.
    public let gradientNorm: Double
    /// The number of steps made.
    public let iterations: Int
    /// How often the function was evaluated, with or without its derivatives.
    public let evaluations: Int
    /// How many products of the Hessian with a vector were asked for.
    public let hessianVectorProducts: Int
    /// Why it ended.
    public let reason: StoppingReason
    /// Every point from the start on, if they were to be recorded.
    public let path: [Iterate<Point>]

    /// Whether the point is a minimum as far as the rules can tell.
    public var converged: Bool { reason.isConvergence }
}

extension Minimization: Sendable where Point: Sendable {}
