// Answers what `symbolic.py` asks, a line of JSON for each on the standard input:
//
//   {"expression": "x**2*sin(y)", "points": [[0.5, 1.5], …]}  →  {"values": [[f, fx, fy, fxx, fxy, fyy] or null, …]}
//   {"integrals": true}   →  {"integrals": [{"integrand": …, "antiderivative": … or null}, …]}
//   {"differentiate": 10000, "seed": 1}  →  {"seconds": …}: so many small expressions read and differentiated
//
// What goes wrong is answered by {"error": …}.

import Foundation
import LeibnizSymbolic
import TestFiles

struct Request: Decodable {
    var expression: String?
    var points: [[Double]]?
    var integrals: Bool?
    var differentiate: Int?
}

struct Answer: Encodable {
    var values: [[Double]?]?
    var integrals: [Integral]?
    var seconds: Double?
    var error: String?
}

struct Integral: Encodable {
    let integrand: String
    let antiderivative: String?

    /// JSON's null is an answer too.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(integrand, forKey: .integrand)
        try container.encode(antiderivative, forKey: .antiderivative)
    }

    enum CodingKeys: CodingKey { case integrand, antiderivative }
}

func values(of expression: String, at points: [[Double]]) throws -> [[Double]?] {
    let formula = try Formula(expression)
    let parts =
        try [formula] + formula.gradient(by: ["x", "y"])
        + [["x", "x"], ["x", "y"], ["y", "y"]].map { try formula.differentiated(by: $0) }
    let programs = try parts.map { try FormulaProgram($0, variables: ["x", "y"]) }
    return points.map { point in
        let row = programs.compactMap { try? $0(point) }
        return row.count == programs.count && row.allSatisfy(\.isFinite) ? row : nil
    }
}

/// Small expressions, each another.
func smallExpressions(_ count: Int) -> [String] {
    let shapes = [
        "x^%*sin(&x)", "exp(-%*x^2)/(& + x)", "log(x^2 + %)*x^&", "(% x + &)/(x^2 + 1)", "sqrt(x + %) - cos(x)^&",
        "tanh(%*x) + y*x^&", "atan(x/%)*exp(& x)", "%*x^3 - &*x^2 + x",
    ]
    return (0..<count).map { index in
        shapes[index % shapes.count].replacing("%", with: "\(index % 97 + 2)").replacing("&", with: "\(index % 89 + 1)")
    }
}

func answer(_ request: Request) throws -> Answer {
    if let expression = request.expression {
        return Answer(values: try values(of: expression, at: request.points ?? []))
    }
    if request.integrals == true {
        return Answer(
            integrals: try integrands.map { text in
                let formula = try Formula(text)
                let found = try? formula.antiderivative(by: "x").description
                return Integral(integrand: formula.description, antiderivative: found)
            })
    }
    let texts = smallExpressions(request.differentiate ?? 0)
    let start = ContinuousClock.now
    var size = 0
    for text in texts { size += try Formula(text).differentiated(by: "x").size }
    return Answer(seconds: size > 0 ? (ContinuousClock.now - start) / .seconds(1) : 0)
}

let encoder = JSONEncoder()
while let line = readLine() {
    var result: Answer
    do {
        result = try answer(JSONDecoder().decode(Request.self, from: Data(line.utf8)))
    } catch {
        result = Answer(error: "\(error)")
    }
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
    fflush(nil)
}
