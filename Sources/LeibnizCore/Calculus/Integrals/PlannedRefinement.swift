import LeibnizKernels

/// Adaptive integration inside a plan: a loop that halves the parts of a domain with the greatest errors, several at once, until the error
/// is small enough.
///
/// There is room for `most` parts, so that at most 2·`most` are ever evaluated; a plan that needs more throws.
struct PlannedRefinement {
    /// Parts of a domain, [P] + …; in places not used yet the error is −1.
    struct Parts {
        /// Where they are: as many tensors as the kind of domain needs.
        var places: [Tensor]
        /// The integral over each, [P] + the integrand's shape.
        var value: Tensor
        /// ∫|f| over each, the greatest element's.
        var magnitude: Tensor
        var error: Tensor

        var tensors: [Tensor] { places + [value, magnitude, error] }

        init(places: [Tensor], value: Tensor, magnitude: Tensor, error: Tensor) {
            (self.places, self.value, self.magnitude, self.error) = (places, value, magnitude, error)
        }

        init(_ tensors: some Collection<Tensor>) {
            let all = Array(tensors), count = all.count - 3
            (places, value, magnitude, error) = (Array(all[..<count]), all[count], all[count + 1], all[count + 2])
        }
    }

    let goal: IntegrationGoal
    let most: Int
    /// At most as many as there are parts at the start.
    let halvedAtOnce: Int
    /// What is said where it does not converge.
    let failure: (reason: String, hint: String)
    /// Parts with their integrals.
    let evaluated: ([Tensor]) -> Parts
    /// Where the halves of parts are: the left ones, behind them the right ones.
    let halves: ([Tensor]) -> [Tensor]

    /// The sum over the parts when it is exact.
    ///
    /// - Parameters:
    ///   - start: the parts from which it begins.
    ///   - other: the same integral found otherwise, and whether it is exact already.
    func value(from start: [Tensor], unless other: (value: Tensor, isExact: Tensor)? = nil) -> Tensor {
        let first = evaluated(start)
        if let invalid = first.tensors.first(where: \.isInvalid) { return invalid }
        let used = first.error.type.shape[0]
        let most = Swift.max(used, Swift.min(goal.limit, self.most))
        // Filled up with places that are not used, and never chosen.
        let filled = first.tensors.map { tensor in
            let rest = tensor.type.shape.extents.dropFirst()
            let number = tensor.node === first.error.node ? -1.0 : 0
            return concatenate([tensor, .full(Shape([most - used] + rest), number, .float64)], axis: 0)
        }
        func isDone(_ parts: Parts) -> Tensor { other.map { isExact(parts) | $0.isExact } ?? isExact(parts) }
        let last = whileLoop(
            filled + [Tensor(used).cast(to: .int64)],
            while: { state in
                ~isDone(Parts(state.dropLast())) & (state[state.count - 1] <= Tensor(most - halvedAtOnce))
            }
        ) { state in
            let count = state[state.count - 1]
            return refined(Parts(state.dropLast()), count) + [count + Tensor(halvedAtOnce)]
        }
        if let invalid = last.first(where: { $0.isInvalid }) { return invalid }
        let parts = Parts(last.dropLast())
        let total = sum(parts.value, axes: [0])
        return (other.map { which($0.isExact, $0.value, total) } ?? total).reported(
            unless: isDone(parts), by: "integrate",
            "\(failure.reason) with the \(most) parts that it has inside vmap, compiled and another integral",
            hint: failure.hint)
    }

    /// Whether the errors together are small enough. Not so where any is NaN.
    private func isExact(_ parts: Parts) -> Tensor {
        let size = max(abs(sum(parts.value, axes: [0])))
        let error = sum(maximum(parts.error, 0))
        let goal = maximum(
            maximum(size * Tensor(weak: goal.relative), Tensor(weak: goal.absolute)),
            sum(parts.magnitude) * Tensor(weak: 1000 * Double.ulpOfOne))
        return error <= goal
    }

    /// The parts with the greatest errors halved: the left halves in their places, the right ones in the first that are free.
    private func refined(_ parts: Parts, _ count: Tensor) -> [Tensor] {
        let error = which(isNaN(parts.error), Tensor(weak: .infinity), parts.error)
        let worst = topK(error, halvedAtOnce).indices
        let found = evaluated(halves(parts.places.map { $0.gathered(worst) }))
        let free = Tensor.iota([halvedAtOnce], axis: 0) + count
        let places = concatenate([worst.cast(to: .int64), free], axis: 0)
        return zip(parts.tensors, found.tensors).map { $0.at[places].set($1) }
    }
}

extension PlannedRefinement {
    /// The error of parts by the difference of two rules, as QUADPACK estimates it: far less than the difference, which is the error of
    /// the coarser one.
    static func error(_ difference: Tensor, size: Tensor) -> Tensor {
        let ratio = minimum(200 * abs(difference) / maximum(size, 1e-300), 1)
        return size * ratio * LeibnizCore.sqrt(ratio)
    }

    /// The greatest element of each part's value, [P] + … → [P].
    static func greatest(_ x: Tensor) -> Tensor {
        x.type.shape.rank == 1 ? x : max(x.reshaped(to: [x.type.shape[0], -1]), axes: [1])
    }
}
