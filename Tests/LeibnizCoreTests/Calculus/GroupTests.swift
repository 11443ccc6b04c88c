import Foundation
import Testing

@testable import LeibnizCore

@Suite struct `Groups of tensors` {
    struct Line: TensorGroup, Codable {
        var slope: Tensor
        var intercept: Tensor
    }

    struct Net: TensorGroup, Codable {
        enum Kind: String, Codable { case wide, narrow }
        let name: String
        let layers: [Line]
        let named: [String: Tensor]
        let extra: Tensor?
        let none: Tensor?
        let kind: Kind
        let steps: Int
        let rate: Double
    }

    private let x = Tensor([1.0, 2, 3], .float64)
    private let line = Line(slope: Tensor([2.0, 0, 1], .float64), intercept: Tensor(0.5, .float64))

    @Test func `have gradients of their own structure: structs`() throws {
        let f = { [x] (line: Line) in sum(line.slope * line.slope * x) + line.intercept * 3 }
        let (value, g) = valueWithGradient(at: line, of: f)
        #expect(try value.item() == 8.5)
        #expect(try g.slope.doubles() == [4, 0, 6])
        #expect(try g.intercept.item() == 3)
        #expect(try gradient(of: f)(line).slope.doubles() == [4, 0, 6])
        let moved = pushforward(f, at: line, along: Line(slope: x, intercept: Tensor(1, .float64))).tangent
        #expect(try moved.item() == 4 + 0 + 18 + 3)
        let back = pullback(f, at: line).pullback(Tensor(2, .float64))
        #expect(try back.slope.doubles() == [8, 0, 12])
    }

    @Test func `nest: structs of structs, arrays, dictionaries, optionals; what is no tensor stays`() throws {
        let net = Net(
            name: "net", layers: [line, Line(slope: x, intercept: Tensor(2, .float64))],
            named: ["b": Tensor([1.0, -1], .float64), "a": x], extra: Tensor(7, .float64), none: nil, kind: .narrow,
            steps: 3, rate: 0.25)
        #expect(net.tensors.count == 7)
        let f = { (net: Net) -> Tensor in
            let sums = net.layers.map { sum($0.slope * $0.slope) + $0.intercept }
            let named = net.named.keys.sorted().map { sum(net.named[$0].map { $0 * $0 * $0 } ?? 0) }
            return (sums + named).reduce((net.extra ?? 0) * Tensor(Double(net.steps) * net.rate, .float64)) { $0 + $1 }
        }
        let g = gradient(of: f)(net)
        #expect(try g.layers.map { try $0.slope.doubles() } == [[4, 0, 2], [2, 4, 6]])
        #expect(try g.named["a"]?.doubles() == [3, 12, 27])
        #expect(try g.named["b"]?.doubles() == [3, 3])
        #expect(try g.extra?.item() == 0.75)
        #expect(g.none == nil)
        #expect(g.name == "net" && g.steps == 3 && g.kind == .narrow && g.rate == 0.25)
        let H = hessianVectorProduct(of: f, at: net, along: net)
        #expect(try H.layers[0].slope.doubles() == [4, 0, 2])
        #expect(try H.named["a"]?.doubles() == [6, 24, 54])
        // Through a plan as well.
        let step = compiled { (net: Net) in
            gradient(of: { (net: Net) in sum(net.layers[0].slope * net.layers[1].slope) })(net)
        }
        #expect(try step(net).layers[0].slope.doubles() == [1, 2, 3])
    }

    @Test func `may be several: tuples, dictionaries, arrays`() throws {
        let weights = ["w": x, "b": Tensor(1, .float64)]
        let f = { (w: [String: Tensor], xs: [Tensor], t: Tensor) -> Tensor in
            sum((w["w"] ?? 0) * xs[0] * xs[1]) * t + (w["b"] ?? 0)
        }
        let (value, (gw, gx, gt)) = valueWithGradient(at: (weights, [x, x], Tensor(2, .float64)), of: f)
        #expect(try value.item() == 73)
        #expect(try gw["w"]?.doubles() == [2, 8, 18])
        #expect(try gw["b"]?.item() == 1)
        #expect(try gx.map { try $0.doubles() } == [[2, 8, 18], [2, 8, 18]])
        #expect(try gt.item() == 36)
        let (hw, _, _) = hessianVectorProduct(
            of: f, at: (weights, [x, x], Tensor(2, .float64)), along: (weights, [x, x], Tensor(2, .float64)))
        // Homogeneous of degree 4 in all but b: H·(w, x, t) is three times the gradient.
        #expect(try hw["w"]?.doubles() == [6, 24, 54])
        #expect(try hw["b"]?.item() == 0)
    }

    @Test func `run in batches`() throws {
        let lines = Line(
            slope: Tensor.normal([4, 3], seed: 1, .float64), intercept: Tensor.normal([4], seed: 2, .float64))
        let f = { (line: Line, x: Tensor) -> [String: Tensor] in ["y": sum(line.slope * x) + line.intercept, "x": x] }
        let found = vmap(f, in: [0, nil])(lines, x)
        let expected = matmul(lines.slope, x) + lines.intercept
        #expect(firstDifference(try found["y"]?.doubles() ?? [], try expected.doubles(), tolerance: 1e-14) == nil)
        #expect(found["x"]?.shape == [4, 3])
        // A gradient per example.
        let each = vmap(
            { (line: Line, x: Tensor) in gradient(of: { (line: Line) in sum(line.slope * x * x) })(line) },
            in: [nil, 0])(line, lines.slope)
        #expect(try each.slope.doubles() == (lines.slope * lines.slope).doubles())
    }

    @Test func `with unfit values carry their errors`() throws {
        let g = gradient(of: { (line: Line) in line.slope })(line)
        #expect(throws: TensorError.self) { try g.slope.doubles() }
        let whole = Line(slope: Tensor([1, 2]), intercept: Tensor(1, .float64))
        #expect(throws: TensorError.self) {
            try gradient(of: { (line: Line) in sum(line.slope) })(whole).intercept.item()
        }
    }

    @Test func `are written and read as any other Codable`() throws {
        for tensor in [
            Tensor([[1.5, -2], [0.1, 3]], .float64), Tensor([0.1, 2], .float32), Tensor([1, -9_007_199_254_740_993]),
            Tensor([true, false]), Tensor.zeros([0, 3]), Tensor(3, .float64),
        ] {
            let copy = try JSONDecoder().decode(Tensor.self, from: JSONEncoder().encode(tensor))
            #expect(copy.shape == tensor.shape && copy.elementType == tensor.elementType)
            #expect(try copy.array(of: Int64.self) == tensor.array(of: Int64.self))
            #expect(try copy.doubles() == tensor.doubles())
        }
        let copy = try JSONDecoder().decode(Line.self, from: JSONEncoder().encode(line))
        #expect(try copy.slope.doubles() == line.slope.doubles())
        for text in [
            #"{"shape":[3],"elementType":"float32","elements":[1,2]}"#,
            #"{"shape":[-1],"elementType":"float32","elements":[]}"#,
            #"{"shape":[1],"elementType":"float16","elements":[1]}"#, #"{"shape":[],"elements":[1]}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tensor.self, from: Data(text.utf8)) }
        }
    }
}
