//! The six departments (Class 2).

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Department {
    DataRetrieval,
    QuantitativeAnalysis,
    QualitativeAnalysis,
    ComparativeAnalysis,
    PredictiveAnalysis,
    RecommendationGeneration,
}

impl Department {
    pub const ALL: [Self; 6] = [
        Self::DataRetrieval,
        Self::QuantitativeAnalysis,
        Self::QualitativeAnalysis,
        Self::ComparativeAnalysis,
        Self::PredictiveAnalysis,
        Self::RecommendationGeneration,
    ];

    /// The word used in SQL, queue names and binaries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DataRetrieval => "data_retrieval",
            Self::QuantitativeAnalysis => "quantitative_analysis",
            Self::QualitativeAnalysis => "qualitative_analysis",
            Self::ComparativeAnalysis => "comparative_analysis",
            Self::PredictiveAnalysis => "predictive_analysis",
            Self::RecommendationGeneration => "recommendation_generation",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|department| department.name() == name)
    }
}
