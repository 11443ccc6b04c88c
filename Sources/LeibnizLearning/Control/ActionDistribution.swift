import Foundation
import LeibnizCore
import LeibnizData

/// π(a|s) for some states: softmax of logits, or normal about a mean.
struct ActionDistribution {
    /// Logits [N, choices], or means [N, 1].
    let center: Tensor
    /// log σ of the normal distribution, [1].
    let logDeviation: Tensor?

    /// log π(a|s) for one action per state, [N].
    func logProbability(of actions: Tensor) -> Tensor {
        guard let logDeviation else {
            return logSoftmax(center).taking(along: -1, actions.cast(to: .int64).expanded(at: -1)).squeezed([-1])
        }
        let distance = (actions - center.squeezed([-1])) * exp(-logDeviation)
        return -0.5 * distance * distance - logDeviation - 0.5 * log(2 * Double.pi)
    }

    /// −Σ π log π, or log σ + ½·log 2πe; the mean over the states.
    var entropy: Tensor {
        guard let logDeviation else {
            let logarithms = logSoftmax(center)
            return -mean(sum(exp(logarithms) * logarithms, axes: [-1]))
        }
        return mean(logDeviation) + 0.5 * log(2 * Double.pi) + 0.5
    }

    /// All that `ActionSpace.drawn` needs to know, one row per state.
    var table: Tensor {
        guard let logDeviation else { return center }
        return concatenate([center, logDeviation.broadcast(to: center.shape)], axis: -1)
    }
}

extension ActionSpace {
    /// How many numbers of `ActionDistribution.table` describe one state.
    var tableWidth: Int {
        switch self {
        case .choices(let count): count
        case .interval: 2
        }
    }

    /// An action drawn from the distribution of a row of its table: of choices the one whose logit is greatest when −log(−log u) is
    /// added to each (Gumbel 1954).
    func drawn(_ row: ArraySlice<Float>, using random: inout SampleRandom) -> Float {
        switch self {
        case .choices:
            return Self.place(ofGreatest: row.map { Double($0) - log(-log(1 - random.unit())) })
        case .interval:
            return row[row.startIndex] + exp(row[row.startIndex + 1]) * Float(random.normal())
        }
    }

    /// The most probable action of a row of the table.
    func best(_ row: ArraySlice<Float>) -> Float {
        if case .choices = self { Self.place(ofGreatest: row) } else { row[row.startIndex] }
    }

    /// What an environment takes: a real action in its own units.
    func scaled(_ action: Float) -> Double {
        guard case .interval(let range) = self else { return Double(action) }
        let (middle, half) = ((range.lowerBound + range.upperBound) / 2, (range.upperBound - range.lowerBound) / 2)
        return middle + half * Double(action)
    }

    /// The first place of the greatest number.
    static func place(ofGreatest numbers: some Collection<some Comparable>) -> Float {
        Float(numbers.enumerated().max { $0.element < $1.element }?.offset ?? 0)
    }
}
