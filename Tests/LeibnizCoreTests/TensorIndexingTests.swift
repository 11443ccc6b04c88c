import Testing

@testable import LeibnizCore

/// 0 … 23 as [2, 3, 4]; lazy, or in memory.
private func counting(evaluated: Bool) throws -> Tensor {
    let x = Tensor.arange(24).reshaped(to: [2, 3, 4])
    return evaluated ? try x.evaluated() : x
}

@Suite struct `Subscripts` {
    /// What NumPy selects by the same indices.
    @Test(arguments: [false, true]) func `select what NumPy selects`(evaluated: Bool) throws {
        let x = try counting(evaluated: evaluated)
        let (i, j, k) = (Tensor([2, 0, -1, 2]), Tensor([[0], [2]]), Tensor([1, 0]))
        let cases: [(Tensor, Shape, [Double])] = [
            (x[0], [3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            (x[-1], [3, 4], [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]),
            (x[1, 2], [4], [20, 21, 22, 23]),
            (x[1, -1, 2], [], [22]),
            (x[0..<1], [1, 3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            (x[0, 1...], [2, 4], [4, 5, 6, 7, 8, 9, 10, 11]),
            (x[0..., ..<2], [2, 2, 4], [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19]),
            (x[.all, 1...2], [2, 2, 4], [4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23]),
            (x[.all, ...1], [2, 2, 4], [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19]),
            (x[..., 0], [2, 3], [0, 4, 8, 12, 16, 20]),
            (
                x[...], [2, 3, 4],
                [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]
            ),
            (x[..., 1, -2...], [2, 2], [6, 7, 18, 19]),
            (x[1, .ellipsis, 2], [3], [14, 18, 22]),
            (
                x[.all, .all, .stride(by: -1)], [2, 3, 4],
                [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20]
            ),
            (x[.all, .all, .stride(from: 3, to: 0, by: -2)], [2, 3, 2], [3, 1, 7, 5, 11, 9, 15, 13, 19, 17, 23, 21]),
            (x[.all, .stride(by: 2)], [2, 2, 4], [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23]),
            (x[.all, .all, .stride(from: 1, by: 2)], [2, 3, 2], [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]),
            (x[.newAxis, 0, .newAxis], [1, 1, 3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            (
                x[..., .newAxis], [2, 3, 4, 1],
                [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]
            ),
            (x[0, ..<-1, 1 ..<- 1], [2, 2], [1, 2, 5, 6]),
            (x[.all, 1..<1], [2, 0, 4], []),
            (x[0...0, .all, (-3)...(-1)], [1, 3, 3], [1, 2, 3, 5, 6, 7, 9, 10, 11]),
            (
                x[.all, i], [2, 4, 4],
                [
                    8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11, 20, 21, 22, 23, 12, 13, 14, 15, 20, 21, 22,
                    23, 20, 21, 22, 23,
                ]
            ),
            (x[.all, .all, j], [2, 3, 2, 1], [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]),
            (x[k], [2, 3, 4], [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            (
                x[[1, 0, 1]], [3, 3, 4],
                [
                    12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                    15, 16, 17, 18, 19, 20, 21, 22, 23,
                ]
            ),
            (x[0, i], [4, 4], [8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11]),
            (
                x[..., i], [2, 3, 4],
                [2, 0, 3, 2, 6, 4, 7, 6, 10, 8, 11, 10, 14, 12, 15, 14, 18, 16, 19, 18, 22, 20, 23, 22]
            ),
            (x[.all, i, 1], [2, 4], [9, 1, 9, 9, 21, 13, 21, 21]),
            (x[k, [0, 2]], [2, 4], [12, 13, 14, 15, 8, 9, 10, 11]),
            (x[k, .all, [0, 2]], [2, 3], [12, 16, 20, 2, 6, 10]),
            (x[.all, [0, 2], k], [2, 2], [1, 8, 13, 20]),
            (x[.all, j, i], [2, 2, 4], [2, 0, 3, 2, 10, 8, 11, 10, 14, 12, 15, 14, 22, 20, 23, 22]),
            (x[k, [0, 2], [-1, -4]], [2], [15, 8]),
            (x[.newAxis, k, ..<2, .all], [1, 2, 2, 4], [12, 13, 14, 15, 16, 17, 18, 19, 0, 1, 2, 3, 4, 5, 6, 7]),
            (x[.all, Tensor(2)], [2, 4], [8, 9, 10, 11, 20, 21, 22, 23]),
            (x[Tensor([Int]())], [0, 3, 4], []),
            (x[.all, 1..., i[..<2]], [2, 2, 2], [6, 4, 10, 8, 18, 16, 22, 20]),
            (
                x[.stride(by: -1), i], [2, 4, 4],
                [
                    20, 21, 22, 23, 12, 13, 14, 15, 20, 21, 22, 23, 20, 21, 22, 23, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10,
                    11, 8, 9, 10, 11,
                ]
            ),
        ]
        for (number, (selected, shape, expected)) in cases.enumerated() {
            #expect(selected.shape == shape, "case \(number)")
            let numbers = try selected.doubles()
            #expect(numbers == expected, "case \(number)")
        }
    }

    @Test func `a place outside is an error that names axis and extent`() throws {
        let x = Tensor.zeros([2, 3])
        let cases: [(Tensor, TensorError.Kind, String)] = [
            (x[2], .index, "index 2 is out of range for axis 0 of extent 2"),
            (x[0, -4], .index, "index -4 is out of range for axis 1 of extent 3"),
            (x[.all, 1..<4], .index, "the range 1..<4 is out of range for axis 1 of extent 3"),
            (x[.all, .stride(from: 3, by: -1)], .index, "the range 3..< is out of range for axis 1 of extent 3"),
            (x[0, 0, 0], .index, "3 indices for 2 axes"),
            (x[.all, .stride(by: 0)], .value, "a range of axis 1 has steps of 0"),
            (x[Tensor([0.5])], .elementType, "indices are float32, not integers"),
            (x[.ellipsis, .ellipsis], .index, "more than one ellipsis leaves open which axes are meant"),
            (x[Tensor([0, 1]), Tensor([0, 1, 2])], .shape, "the index tensors must broadcast to one shape"),
        ]
        for (tensor, kind, reason) in cases {
            let error = try #require(tensor.error)
            #expect(error.kind == kind)
            #expect(error.reason == reason)
            #expect(throws: error) { try tensor.evaluated() }
        }
    }

    @Test func `the running plan finds indices out of range`() throws {
        let x = try counting(evaluated: true)
        let cases: [(Tensor, String)] = [
            (x[Tensor([0, 2])], "index 2 at position [1] is out of range for axis 0 of extent 2"),
            (
                x[.all, Tensor([[0, 1], [-4, 2]])], "index -4 at position [1, 0] is out of range for axis 1 of extent 3"
            ),
            (x[..., Tensor(4)], "index 4 at position [] is out of range for axis 2 of extent 4"),
            (x[Tensor([0, 1]), Tensor([2, 3])], "index 3 at position [1] is out of range for axis 1 of extent 3"),
            (
                x.gathered(Tensor([[0], [7]]), axis: 1),
                "index 7 at position [1, 0] is out of range for axis 1 of extent 3"
            ),
            (x.at[Tensor([5])].add(1), "index 5 at position [0] is out of range for axis 0 of extent 2"),
            (x.at[.all, Tensor([0, 5])].set(1), "index 5 at position [1] is out of range for axis 1 of extent 3"),
        ]
        for (tensor, reason) in cases {
            let error = #expect(throws: TensorError.self) { try tensor.evaluated() }
            #expect(error?.kind == .index)
            #expect(error?.reason == reason)
        }
    }

    @Test func `a mask is refused with a hint`() throws {
        let x = Tensor.zeros([2, 3])
        let error = try #require(x[x > 0].error)
        #expect(error.hint?.contains("which(mask, x, 0)") == true)
        #expect(error.shapes == [[2, 3], [2, 3]])
    }

    @Test func `rows of evaluated memory cost no plan`() throws {
        let x = try Tensor.arange(24).reshaped(to: [2, 3, 4]).cast(to: .float32).evaluated()
        for row in 0..<2 {
            for selected in [x[row], x[row..<row + 1], x[row, 1...], x[row, -1, 2]] {
                #expect(selected.node.operands.isEmpty && selected.node.isEvaluated)
            }
        }
        #expect(!x[.all, 1].node.isEvaluated)
    }

    @Test func `a subscript has the derivative of its elements`() throws {
        let x = Tensor.normal([3, 4], seed: 1, .float64)
        let weights = Tensor.normal([2, 4], seed: 2, .float64)
        let rows = Tensor([2, 0])
        let slope = gradient(of: { sum($0[1..., .stride(by: -1)] * weights) })(x)
        #expect(try slope[0].doubles() == [0, 0, 0, 0])
        #expect(try slope[1...].doubles() == weights[.all, .stride(by: -1)].doubles())
        let gathered = gradient(of: { sum($0[rows] * weights) })(x)
        #expect(try gathered[[2, 0]].doubles() == weights.doubles())
        #expect(try gathered[1].doubles() == [0, 0, 0, 0])
    }
}

@Suite struct `Functional updates` {
    @Test(arguments: [ElementType.float32, .float64, .int32, .int64, .uint8])
    func `set and add change the selected elements`(type: ElementType) throws {
        let x = Tensor([[1, 2, 3], [4, 5, 6]]).cast(to: type)
        #expect(try x.at[0].set(9).doubles() == [9, 9, 9, 4, 5, 6])
        #expect(try x.at[1, -1].set(9).doubles() == [1, 2, 3, 4, 5, 9])
        #expect(try x.at[..., .stride(by: -2)].set([7, 8]).doubles() == [8, 2, 7, 8, 5, 7])
        #expect(try x.at[.all, 1...].add(10).doubles() == [1, 12, 13, 4, 15, 16])
        #expect(x.at[.all, 0].add([[1, 2]]).error != nil)
        #expect(try x.at[.all, 0].add([1, 2]).doubles() == [2, 2, 3, 6, 5, 6])
        #expect(try x.at[x > 2].set(0).doubles() == [1, 2, 0, 0, 0, 0])
        #expect(try x.at[Tensor([true, false])].add(1).doubles() == [2, 3, 4, 4, 5, 6])
        #expect(try x.at[[1, 0]].set([[0, 1, 2], [3, 4, 5]]).doubles() == [3, 4, 5, 0, 1, 2])
        #expect(try x.at[[1, 0], [0, 2]].set([7, 8]).doubles() == [1, 2, 8, 7, 5, 6])
        #expect(x.at[[0, 1], .all].set(0).elementType == type)
        #expect(try x.at[2..<2].set(1).doubles() == x.doubles())
    }

    @Test func `of equal indices add takes all and set the last`() throws {
        let x = Tensor.zeros([4])
        let indices = Tensor([1, 3, 1, -1, 1])
        #expect(try x.at[indices].add([1, 2, 3, 4, 5]).doubles() == [0, 9, 0, 6])
        #expect(try x.at[indices].set([1, 2, 3, 4, 5]).doubles() == [0, 5, 0, 4])
        let rows = Tensor.zeros([3, 2])
        #expect(try rows.at[[1, 1, 0]].set([[1, 2], [3, 4], [5, 6]]).doubles() == [5, 6, 3, 4, 0, 0])
        #expect(try rows.at[.all, [1, 1, 0]].set([1, 2, 3]).doubles() == [3, 2, 3, 2, 3, 2])
    }

    @Test func `large updates equal a plain loop`() throws {
        let (count, extent) = (10_000, 1000)
        let indices = try Tensor.randint([count], 0, extent, seed: 3).array(of: Int.self)
        let values = try Tensor.normal([count], seed: 4, .float64).doubles()
        var (sums, lasts) = ([Double](repeating: 0, count: extent), [Double](repeating: 0, count: extent))
        for (index, value) in zip(indices, values) {
            sums[index] += value
            lasts[index] = value
        }
        let (x, v) = (Tensor.zeros([extent], .float64), Tensor(values, .float64))
        #expect(try x.at[Tensor(indices)].add(v).doubles() == sums)
        #expect(try x.at[Tensor(indices)].set(v).doubles() == lasts)
    }

    @Test func `updates are differentiable in both operands`() throws {
        let (x, v) = (Tensor.normal([4], seed: 1, .float64), Tensor.normal([5], seed: 2, .float64))
        let w = Tensor([2.0, 3, 5, 7], .float64)
        let indices = Tensor([1, 3, 1, -1, 1])
        let (dx, dv) = gradient(of: { sum($0.at[indices].set($1) * w) })(x, v)
        #expect(try dx.doubles() == [2, 0, 5, 0])
        #expect(try dv.doubles() == [0, 0, 0, 7, 3])
        let (ax, av) = gradient(of: { sum($0.at[indices].add($1) * w) })(x, v)
        #expect(try ax.doubles() == [2, 3, 5, 7])
        #expect(try av.doubles() == [3, 7, 3, 7, 3])
        let (rx, rv) = gradient(of: { sum($0.at[1..<3].set($1[0]) * w) })(x, v)
        #expect(try rx.doubles() == [2, 0, 0, 7])
        #expect(try rv.doubles() == [8, 0, 0, 0, 0])
    }

    @Test func `assignment through a subscript replaces the variable`() throws {
        var x = Tensor.zeros([2, 2])
        x[0] = 1
        x[..., 1] += 2
        x[x == 0] = -1
        #expect(try x.doubles() == [1, 3, -1, 2])
    }

    @Test func `values that do not fit are an error with both shapes`() throws {
        let error = try #require(Tensor.zeros([4, 3]).at[0].set([1, 2]).error)
        #expect(error.shapes == [[4, 3], [2]])
        #expect(error.reason.contains("[3]"))
    }
}
