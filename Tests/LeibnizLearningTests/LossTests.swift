import Foundation
import Leibniz
import Testing

@Suite struct `Losses` {
    @Test func `the mean squared error is that of the formula, and so is its gradient`() throws {
        let (p, t) = (normal([4, 3], seed: 1), normal([4, 3], seed: 2))
        let (a, b) = (try p.doubles(), try t.doubles())
        let expected = zip(a, b).map { ($0 - $1) * ($0 - $1) }.reduce(0, +) / 12
        try expectClose(meanSquaredError(p, t), [expected])
        try expectClose((∇{ meanSquaredError($0, t) })(p), zip(a, b).map { 2 * ($0 - $1) / 12 })
        try expectClose((∇{ meanSquaredError(p, $0) })(t), zip(a, b).map { -2 * ($0 - $1) / 12 })
    }

    @Test(arguments: [ElementType.uint8, .int32, .int64])
    func `the cross entropy of classes is the mean of −log softmax at the class`(_ type: ElementType) throws {
        let logits = normal([5, 4], seed: 3) * 3
        let classes = [3, 0, 1, 1, 2]
        let rows = try logits.doubles()
        var (expected, slopes) = (0.0, [Double]())
        for (n, label) in classes.enumerated() {
            let row = rows[n * 4..<n * 4 + 4].map { exp($0) }
            let total = row.reduce(0, +)
            expected -= log(row[label] / total) / 5
            slopes += row.enumerated().map { ($1 / total - ($0 == label ? 1 : 0)) / 5 }
        }
        let labels = Tensor(classes).cast(to: type)
        try expectClose(crossEntropy(logits, labels), [expected])
        try expectClose((∇{ crossEntropy($0, labels) })(logits), slopes)
    }

    @Test func `the cross entropy of large logits is exact`() throws {
        let logits = Tensor([[1e30, 0], [-1e4, 1e4]], .float32)
        #expect(try crossEntropy(logits, Tensor([0, 1])).item() == 0)
        #expect(try crossEntropy(logits, Tensor([1, 0])).item() == Double(Float(1e30) / 2))
        #expect(try (∇{ crossEntropy($0, Tensor([0, 1])) })(logits).doubles() == [0, 0, 0, 0])
        let single = Tensor([0.5, -0.5], .float64)
        try expectClose(crossEntropy(single, Tensor(1)), [log(1 + exp(1.0))])
    }

    @Test func `a label out of range is an IndexError with axis, index and position`() throws {
        let logits = Tensor.normal([4, 10], seed: 1)
        let cases: [(labels: [Int], index: Int, position: Int)] = [
            ([1, 2, 10, 3], 10, 2), ([1, -1, 2, 3], -1, 1), ([0, 0, 0, 1 << 40], 1 << 40, 3),
        ]
        for (labels, index, position) in cases {
            let text = message(of: crossEntropy(logits, Tensor(labels)))
            #expect(text.contains("IndexError"), "\(text)")
            #expect(text.contains("index \(index) at position [\(position), 0]"), "\(text)")
            #expect(text.contains("axis 1 of extent 10"), "\(text)")
            // The gradient on its own finds it too.
            #expect(message(of: (∇{ crossEntropy($0, Tensor(labels)) })(logits)) == text)
        }
        let bytes = Tensor([9, 255, 0, 1]).cast(to: .uint8)
        #expect(message(of: crossEntropy(logits, bytes)).contains("index 255 at position [1, 0]"))
    }

    @Test func `classes must be integers, one per row`() {
        let logits = Tensor.zeros([4, 10])
        #expect(message(of: crossEntropy(logits, Tensor([1.0, 2, 3, 4]))).contains("TypeError: crossEntropy"))
        #expect(
            message(of: crossEntropy(logits, Tensor([1, 2, 3]))).contains(
                "ShapeError: crossEntropy cannot take [4, 10] with [3]")
        )
        #expect(message(of: crossEntropy(logits, logits)).contains("crossEntropy(probabilities:targets:)"))
        #expect(message(of: crossEntropy(Tensor(1), Tensor(1))).contains("ShapeError"))
    }

    @Test func `the cross entropy of distributions is −Σ y log ŷ, with 0 log 0 = 0`() throws {
        let p = Tensor([[0.7, 0.2, 0.1], [0, 0.5, 0.5]], .float64),
            t = Tensor([[1, 0, 0], [0, 0.25, 0.75]], .float64)
        let expected = -(log(0.7) + 0.25 * log(0.5) + 0.75 * log(0.5))
        try expectClose(crossEntropy(probabilities: p, targets: t), [expected])
        try expectClose(
            (∇{ crossEntropy(probabilities: $0, targets: t) })(p), [-1 / 0.7, 0, 0, 0, -0.25 / 0.5, -0.75 / 0.5])
        #expect(try crossEntropy(probabilities: Tensor([0.0, 1]), targets: Tensor([1.0, 0])).item() == .infinity)
    }

    @Test func `the hinge loss is max(0, 1 − y ŷ), with slope 0 at its kink`() throws {
        let p = Tensor([2, 1, 0.5, -1, -1, -0.25, 0], .float64), t = Tensor([1.0, 1, 1, 1, -1, -1, -1], .float64)
        try expectClose(hingeLoss(p, t), [(0 + 0 + 0.5 + 2 + 0 + 0.75 + 1) / 7])
        try expectClose((∇{ hingeLoss($0, t) })(p), [0, 0, -1, -1, 0, 1, 1].map { $0 / 7 })
    }

    @Test func `prediction and target must have one shape`() {
        let (column, row) = (Tensor.zeros([4, 1]), Tensor.zeros([4]))
        let text = message(of: meanSquaredError(column, row))
        #expect(text.contains("ShapeError: meanSquaredError cannot take [4, 1] with [4]"), "\(text)")
        #expect(text.contains("reshaped(to: [4, 1])"), "\(text)")
        #expect(message(of: hingeLoss(column, row)).contains("ShapeError"))
        #expect(message(of: crossEntropy(probabilities: column, targets: row)).contains("ShapeError"))
        #expect(message(of: meanSquaredError(matmul(column, column), column)).contains("matmul"))
    }
}

@Suite struct `Metrics` {
    @Test func `accuracy is the share of rows whose first greatest logit is the class`() throws {
        let logits = Tensor([[1.0, 2, 0], [5, 5, 1], [0, 0, 0], [1, 2, 3]])
        #expect(try accuracy(logits, Tensor([1, 0, 0, 2])).item() == 1)
        #expect(try accuracy(logits, Tensor([1, 1, 0, 0]).cast(to: .uint8)).item() == 0.5)
        #expect(message(of: accuracy(logits, Tensor([[1], [0], [0], [2]]))).contains("ShapeError: accuracy"))
    }

    @Test func `the confusion matrix counts classes by what they were taken for`() throws {
        let (predicted, actual) = ([0, 1, 1, 2, 0, 2, 2], [0, 1, 2, 2, 1, 2, 2])
        let matrix = confusionMatrix(Tensor(predicted), Tensor(actual), classCount: 4)
        var expected = [Double](repeating: 0, count: 16)
        for (p, a) in zip(predicted, actual) { expected[a * 4 + p] += 1 }
        #expect(matrix.shape == [4, 4])
        #expect(matrix.elementType == .int64)
        #expect(try matrix.doubles() == expected)
        #expect(message(of: confusionMatrix(Tensor(predicted), Tensor(actual), classCount: 2)).contains("IndexError"))
        #expect(message(of: confusionMatrix(Tensor(predicted), Tensor([1]), classCount: 2)).contains("ShapeError"))
    }
}
